// run

// A number that becomes a length, by slicing or making, may be negative where it is not one yet.
package main

import "strings"

//go:noinline
func size() int { return -1 }

//go:noinline
func user(authority string) (string, bool) {
	i := strings.LastIndex(authority, "@")
	if i < 0 {
		println("none")
	}
	if i < 0 {
		return "", false
	}
	name := authority[:i]
	if strings.Contains(name, ":") {
		name, _, _ = strings.Cut(name, ":")
	}
	return name, name[0] == 'u'
}

//go:noinline
func fill(n int) int {
	if n < 0 {
		return 0
	}
	s := make([]byte, n)
	s[0] = 1
	return len(s)
}

//go:noinline
func rest(s []int, i int) int {
	n := len(s) - i
	if n < 0 {
		return -1
	}
	t := s[i:]
	return t[0]
}

func main() {
	name, ok := user("host")
	println("<"+name+">", ok)
	name, ok = user("user:secret@host")
	println("<"+name+">", ok)
	println(fill(size()), fill(3))
	println(rest([]int{1, 2, 3}, 4), rest([]int{1, 2, 3}, 2))
}

// STDERR: none
// STDERR: <> false
// STDERR: <user> true
// STDERR: 0 3
// STDERR: -1 3
