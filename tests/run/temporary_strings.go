// run zeal preempt

// Strings and slices made by conversions and sums that lie in the frame, or are no copies at all, as long as nobody can tell.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

//go:noinline
func bytesOf(s string) []byte { return append(make([]byte, 0, len(s)+4), s...) }

//go:noinline
func change(b []byte) string {
	b[0] = '!'
	return string(b)
}

var kept []string
var keptBytes [][]byte
var table = map[string]int{"alpha": 1, "beta": 2, "!eta": 3}

// Operands: what follows may change the bytes.
func comparisons() {
	b := bytesOf("beta")
	fmt.Println(string(b) == "beta", "beta" == string(b), string(b) < "gamma", string(b) != string(b[:3]))
	fmt.Println(string(b) == change(b), string(b))
	b = bytesOf("beta")
	fmt.Println(string(b)+change(b) == "beta!eta", string(b))
	b = bytesOf("beta")
	sum := string(b) + func() string { b[1] = '?'; return "-" }() + string(b)
	fmt.Println(sum)
	var none []byte
	fmt.Println(string(none) == "", string(none)+"x", "x"+string(none), string(none)+string(none) == "")
}

func lookups() {
	b := bytesOf("beta")
	fmt.Println(table[string(b)], table[string(b[:3])])
	b[0] = '!'
	v, ok := table[string(b)]
	fmt.Println(v, ok)
	m := map[string]int{}
	m[string(b)] = 1
	m[string(b)]++
	b[0] = 'x'
	m[string(b)] += 5
	b[0] = 'y'
	fmt.Println(m["!eta"], m["xeta"], m[string(b)], len(m))
	b[0] = 'x'
	delete(m, string(b))
	fmt.Println(len(m))
	set := map[any]bool{string(b): true}
	b[0] = 'z'
	fmt.Println(set["xeta"], set[string(b)])
}

func switches(b []byte) string {
	switch string(b) {
	case "one":
		b[0] = 'f'
		fallthrough
	case "two":
		return "small " + string(b)
	case "many":
		return "large"
	}
	switch s := string(b); s {
	case change(b):
		return "changed"
	default:
		return s + string(b)
	}
}

// What outlives the expression keeps its contents.
func keeping() {
	b := bytesOf("first")
	s := string(b)
	alias := s[1:3]
	kept = append(kept, string(b), s+"+", "<"+string(b)+">")
	b[0], b[1], b[2] = '1', '2', '3'
	fmt.Println(s, alias, kept, string(b))
	x := []byte("text")
	y := []byte("te" + s[:2])
	x[0], y[0] = 'n', 'N'
	keptBytes = append(keptBytes, x, y, []byte(s+alias))
	keptBytes[2][0] = '#'
	fmt.Println(s, alias, string(x), string(y), string(keptBytes[2]))
	long := strings.Repeat("0123456789", 5)
	z := []byte(long)
	z[0] = 'z'
	fmt.Println(long[:3], string(z[:3]), string(z) == long, len([]byte(long+s)))
}

// Each round has strings of its own, if they live on.
func rounds() (first, last string, all []string) {
	var previous string
	for i := 0; i < 4; i++ {
		s := string(rune('a'+i)) + string(rune('é'+i))
		if i == 0 {
			first = s
		}
		if previous != "" && previous >= s {
			fmt.Println("wrong order", previous, s)
		}
		previous = s
		last = s
		all = append(all, s)
	}
	return first, last, all
}

func accumulate(words []string) int {
	total := ""
	previous := []byte("")
	for _, w := range words {
		total = total + w[:1]
		current := []byte(w)
		if string(current) == string(previous) {
			return -1
		}
		previous = current
		runtime.GC()
	}
	runes := []rune("añb" + total)
	runes[0] = 'A'
	return len(total)*100 + len(previous)*10 + len(string(runes))
}

type box struct {
	text  string
	bytes []byte
	next  *box
}

func chain(n int) *box {
	var list *box
	for i := 0; i < n; i++ {
		d := []byte{'0' + byte(i)}
		list = &box{"box " + string(d), []byte("b" + string(d)), list}
	}
	return list
}

// Strings of a frame that is frozen and thawed on the way.
func frozen(n int) string {
	b := bytesOf("freeze")
	b[5] = byte('0' + n)
	s := string(b)
	t := s + "/" + string(b[:2])
	back := make(chan int)
	go func() {
		runtime.Gosched()
		runtime.GC()
		back <- len(t)
	}()
	size := <-back
	b[0] = 'F'
	if n > 0 {
		if inner := frozen(n - 1); inner == t || s != t[:6] {
			return "wrong " + inner
		}
	}
	local := string(b)
	runtime.Gosched()
	if local[:1] != "F" || s[0] != 'f' || len(t) != size {
		return "wrong " + local + s + t
	}
	return t
}

func deferred() (out string) {
	b := bytesOf("later")
	s := string(b)
	defer func(t string) { out += s + t + string(b) }(string(b) + ".")
	defer func() {
		if r := recover(); r != nil {
			out = fmt.Sprint(r, " ")
		}
	}()
	b[0] = 'L'
	panic("panic with " + string(b))
}

func sent() string {
	b := bytesOf("sent")
	c := make(chan string, 3)
	c <- string(b)
	c <- "un" + string(b)
	go func(s string) { c <- s }(string(b[:2]))
	b[0] = 'x'
	return <-c + <-c + <-c
}

func hashed(s string) (sum int) {
	for i, c := range []byte(s) {
		sum += i * int(c)
		s = "changed"
	}
	for i := range []byte(s) {
		sum += i
	}
	return sum
}

func grown() {
	s := append(make([]int, 0, 8), 1, 2, 3)
	rest := s[:8]
	rest[3], rest[4], rest[5] = 7, 8, 9
	s = append(s, make([]int, 2)...)
	fmt.Println(s, rest)
	s = append(s, make([]int, 40)...)
	fmt.Println(len(s), s[44], s[:4])
	s = append(s[:1], make([]int, 0)...)
	fmt.Println(s, append([]string(nil), make([]string, 2)...))
	defer func() { fmt.Println(recover()) }()
	n := -1
	s = append(s, make([]int, n)...)
}

//go:noinline
func retain(b []byte) []byte { return b[:len(b):len(b)] }

//go:noinline
func look(s string) bool { return strings.Index(s, "el") == 1 }

func passed() {
	b := bytesOf("hello")
	fmt.Println(look(string(b)), look(string(b[1:])))
	c := retain([]byte("abc" + string(b[:1])))
	d := retain([]byte("abcd"))
	c[0], d[1] = 'X', 'Y'
	fmt.Println(string(c), string(d), cap([]byte("abcd")) >= 4)
	hidden := uintptr(unsafe.Pointer(&c[0]))
	*(*byte)(unsafe.Pointer(hidden + 1)) = 'Z'
	fmt.Println(string(c))
}

func main() {
	comparisons()
	lookups()
	fmt.Println(switches(bytesOf("one")), switches(bytesOf("many")), switches(bytesOf("none")))
	keeping()
	fmt.Println(kept)
	fmt.Println(rounds())
	fmt.Println(accumulate([]string{"un", "deux", "trois", "quatre"}))
	for l := chain(3); l != nil; l = l.next {
		fmt.Print(l.text, " ", string(l.bytes), " ")
	}
	fmt.Println()
	fmt.Println(frozen(5))
	fmt.Println(deferred())
	fmt.Println(sent())
	fmt.Println(hashed("some text"))
	grown()
	passed()
}

// STDOUT: true true true true
// STDOUT: false !eta
// STDOUT: true !eta
// STDOUT: beta-b?ta
// STDOUT: true x x true
// STDOUT: 2 0
// STDOUT: 3 true
// STDOUT: 2 5 0 2
// STDOUT: 1
// STDOUT: true false
// STDOUT: small fne large none!one
// STDOUT: first ir [first first+ <first>] 123st
// STDOUT: first ir next Nefi #irstir
// STDOUT: 012 z12 false 55
// STDOUT: [first first+ <first>]
// STDOUT: aé dì [aé bê cë dì]
// STDOUT: 468
// STDOUT: box 2 b2 box 1 b1 box 0 b0
// STDOUT: freez5/fr
// STDOUT: panic with Later laterlater.Later
// STDOUT: sentunsentse
// STDOUT: 3735
// STDOUT: [1 2 3 0 0] [1 2 3 0 0 9 0 0]
// STDOUT: 45 0 [1 2 3 0]
// STDOUT: [1] [ ]
// STDOUT: runtime error: makeslice: len out of range
// STDOUT: true false
// STDOUT: Xbch aYcd true
// STDOUT: XZch
