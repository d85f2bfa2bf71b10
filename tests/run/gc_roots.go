// run zeal

// Keeps pointers in every kind of place a collection must look at, and checks what they point to.
package main

import "runtime"

type node struct {
	next  *node
	value int
	text  string
}

type shape interface{ area() int }
type square struct{ side *int }
type wide [3]*node

func (s square) area() int { return *s.side * *s.side }
func (w wide) area() int   { return w[0].value + w[2].value }
func (n *node) area() int  { return n.value }

var global map[string]*node
var globalSlice []*node
var globalArray [4]shape

func list(n int) *node {
	var head *node
	for i := 0; i < n; i++ {
		head = &node{head, i, "x" + string(rune('a'+i%26))}
	}
	return head
}

func sum(n *node) (total int) {
	for ; n != nil; n = n.next {
		total += n.value + len(n.text)
	}
	return
}

func many(a, b *node, c string, d []int, e shape) (*node, string, []int, shape) {
	runtime.GC()
	return &node{a, sum(b), c}, c + "!", append(d, len(c)), e
}

func deferred(n *node) (result *node) {
	m := list(3)
	defer func() {
		if r := recover(); r != nil {
			result = &node{m, r.(*node).value, "recovered"}
		}
	}()
	for i := 0; i < 3; i++ {
		k := list(i)
		defer func() { m = &node{m, sum(k), "deferred"} }()
	}
	panic(n)
}

func closures() []func() int {
	var fs []func() int
	for i := 0; i < 5; i++ {
		p := new(int)
		*p = i
		l := list(i)
		fs = append(fs, func() int { *p += sum(l); return *p })
	}
	return fs
}

func arrays() int {
	var local [8]*node
	p := &local[3]
	for i := range local {
		local[i] = list(i)
	}
	q := &local[7].next.value
	*p = list(20)
	for i := range local {
		if i != 7 {
			local[i] = nil
		}
	}
	runtime.GC()
	return *q + sum(local[7])
}

func workers() int {
	c := make(chan *node)
	done := make(chan int, 4)
	buffered := make(chan []*node, 3)
	for g := 0; g < 4; g++ {
		go func() {
			t := 0
			for n := range c {
				t += sum(n)
				select {
				case buffered <- []*node{n, list(2)}:
				default:
				}
			}
			done <- t
		}()
	}
	for i := 0; i < 20; i++ {
		c <- list(i)
	}
	close(c)
	t := 0
	for g := 0; g < 4; g++ {
		t += <-done
	}
	for len(buffered) > 0 {
		for _, n := range <-buffered {
			if sum(n) < 0 {
				t = -1
			}
		}
	}
	return t
}

func maps() int {
	m := map[int]*node{}
	n := map[string]map[int]string{}
	for i := 0; i < 100; i++ {
		m[i*7] = list(i % 5)
		key := "k" + string(rune('a'+i%10))
		if n[key] == nil {
			n[key] = map[int]string{}
		}
		n[key][i] = key + key
	}
	for i := 0; i < 100; i += 3 {
		delete(m, i*7)
	}
	t := 0
	for k, v := range m {
		t += k + sum(v)
	}
	for _, inner := range n {
		for k, v := range inner {
			t += k * len(v)
		}
	}
	return t
}

func iface(i int) shape {
	switch i % 3 {
	case 0:
		s := i
		return square{&s}
	case 1:
		return wide{list(1), list(2), list(3)}
	}
	return list(i + 1)
}

func main() {
	global = map[string]*node{}
	for i := 0; i < 30; i++ {
		global["key"+string(rune('A'+i))] = list(i)
		globalSlice = append(globalSlice, list(i))
		globalArray[i%4] = iface(i)
	}
	n, s, d, e := many(list(3), list(4), "abc", []int{1, 2}, iface(4))
	println(sum(n), s, len(d), d[2], e.area())
	println(sum(deferred(list(9))))
	print("closures:")
	for _, f := range closures() {
		print(" ", f(), " ", f())
	}
	println()
	println(arrays(), workers(), maps())
	t := 0
	for _, n := range global {
		t += sum(n)
	}
	for _, n := range globalSlice {
		t += sum(n)
	}
	for _, a := range globalArray {
		t += a.area()
	}
	println(t)
	var big [][]*node
	for i := 0; i < 5; i++ {
		b := make([]*node, 9000)
		for j := 0; j < len(b); j += 1000 {
			b[j] = list(2)
		}
		big = append(big, b)
	}
	t = 0
	for _, b := range big {
		for _, n := range b {
			t += sum(n)
		}
	}
	println(t)
}

// STDERR: 26 abc! 3 3 2
// STDERR: 57
// STDERR: closures: 0 0 3 5 7 12 12 21 18 32
// STDERR: 40 1520 43064
// STDERR: 10646
// STDERR: 225
