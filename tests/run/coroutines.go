// run

// Coroutines of iter.Pull, handles of unique, weak pointers, finalizers and cleanups, maphash.
package main

import (
	"fmt"
	"hash/maphash"
	"iter"
	"maps"
	"runtime"
	"time"
	"unique"
	"weak"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer fmt.Println("end of count")
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

type Node struct {
	next *Node
	v    [10]int
}

func main() {
	next, stop := iter.Pull(count(5))
	for {
		v, ok := next()
		fmt.Println(v, ok)
		if !ok {
			break
		}
	}
	stop()
	next, stop = iter.Pull(count(1000000))
	fmt.Println(next())
	fmt.Println(next())
	stop()
	fmt.Println(next())
	// panic in the sequence
	next, stop = iter.Pull(func(yield func(int) bool) { yield(1); panic("boom") })
	fmt.Println(next())
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		next()
	}()
	// nested, locked
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		n, s := iter.Pull(count(3))
		sum := 0
		for {
			v, ok := n()
			if !ok {
				break
			}
			sum += v
		}
		s()
		fmt.Println("locked sum", sum)
		done <- true
	}()
	<-done
	n2, s2 := iter.Pull2(func(yield func(int, string) bool) { yield(1, "a"); yield(2, "b") })
	fmt.Println(n2())
	fmt.Println(n2())
	fmt.Println(n2())
	s2()
	// goexit in the sequence
	go func() {
		defer func() { done <- true }()
		n, _ := iter.Pull(func(yield func(int) bool) { yield(1); runtime.Goexit() })
		fmt.Println(n())
		n()
		fmt.Println("not reached")
	}()
	<-done

	a, b := unique.Make("hello"), unique.Make("hel"+fmt.Sprint("lo"))
	fmt.Println(a == b, a.Value())
	p := &Node{}
	w := weak.Make(p)
	fmt.Println(w.Value() == p)
	fin := make(chan string, 4)
	runtime.SetFinalizer(p, func(n *Node) { fin <- "finalized" })
	q := &Node{}
	runtime.AddCleanup(q, func(s string) { fin <- s }, "cleaned")
	runtime.KeepAlive(p)
	runtime.KeepAlive(q)
	p, q = nil, nil
	runtime.GC()
	got := map[string]bool{}
	for i := 0; i < 2; i++ {
		select {
		case s := <-fin:
			got[s] = true
		case <-time.After(5 * time.Second):
			fmt.Println("timeout")
		}
	}
	fmt.Println(got)
	runtime.GC()
	fmt.Println(w.Value() == nil)
	var h maphash.Hash
	h.WriteString("x")
	s1 := h.Sum64()
	h.Reset()
	h.WriteString("x")
	fmt.Println(s1 == h.Sum64(), maphash.String(h.Seed(), "x") == s1, maphash.Comparable(h.Seed(), 3.5) == maphash.Comparable(h.Seed(), 3.5))
	m := map[string]int{"a": 1}
	m2 := maps.Clone(m)
	m2["b"] = 2
	fmt.Println(m, m2)
}

// STDOUT: 0 true
// STDOUT: 1 true
// STDOUT: 2 true
// STDOUT: 3 true
// STDOUT: 4 true
// STDOUT: end of count
// STDOUT: 0 false
// STDOUT: 0 true
// STDOUT: 1 true
// STDOUT: end of count
// STDOUT: 0 false
// STDOUT: 1 true
// STDOUT: recovered boom
// STDOUT: end of count
// STDOUT: locked sum 3
// STDOUT: 1 a true
// STDOUT: 2 b true
// STDOUT: 0  false
// STDOUT: 1 true
// STDOUT: true hello
// STDOUT: true
// STDOUT: map[cleaned:true finalized:true]
// STDOUT: true
// STDOUT: true true true
// STDOUT: map[a:1] map[a:1 b:2]
