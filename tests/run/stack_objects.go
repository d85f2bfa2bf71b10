// run zeal env=GODEBUG=gccheckmark=1

// Variables in memory of the stack: what they point to lives as long as something alive points to them, however that came by their address,
// and no longer.
package main

import (
	"fmt"
	"runtime"
	"weak"
)

type node struct {
	next  *node
	value *int
	tail  [2]*int
}

//go:noinline
func number(n int) *int {
	p := new(int)
	*p = n
	return p
}

// collect also uses the memory of what it frees for other numbers.
//
//go:noinline
func collect() {
	runtime.GC()
	for range 20 {
		number(-1)
	}
}

//go:noinline
func check(what string, got *int, want int) {
	if *got != want {
		fmt.Println(what, *got, "instead of", want)
	}
}

// A list of variables of many frames, of which each knows the one before.
//
//go:noinline
func descend(n int, outer *node) {
	if n == 0 {
		collect()
		want := 1
		for at := outer; at != nil; at = at.next {
			check("descend", at.value, want)
			want++
		}
		return
	}
	here := node{next: outer, value: number(n)}
	descend(n-1, &here)
}

// More pointers to one frame than the collector keeps in mind.
//
//go:noinline
func many() {
	var nodes [100]node
	var places [100]*node
	for i := range nodes {
		nodes[i].value = number(i)
		places[i] = &nodes[i]
	}
	through(places[:])
}

//go:noinline
func through(places []*node) {
	local := node{value: number(7)}
	collect()
	follow(&local, places)
}

//go:noinline
func follow(local *node, places []*node) {
	collect()
	check("follow", local.value, 7)
	for i, place := range places {
		check("many", place.value, i)
	}
}

//go:noinline
func choose(first bool) {
	a, b := node{value: number(1)}, node{value: number(2)}
	p := &a
	if !first {
		p = &b
	}
	fill(&a, &b)
	collect()
	if first {
		check("choose", p.tail[0], 3)
		check("choose", p.value, 1)
	} else {
		check("choose", p.tail[0], 4)
		check("choose", p.value, 2)
	}
}

//go:noinline
func fill(a, b *node) {
	a.tail[0] = number(3)
	collect()
	b.tail[0] = number(4)
	collect()
}

//go:noinline
func element(i int) {
	var list [4]node
	for k := range list {
		list[k].value = number(k)
		fill(&list[k], &list[(k+1)%4])
	}
	p := &list[i]
	collect()
	q := &p.tail[0]
	collect()
	check("element", p.value, i)
	collect()
	if **q != 3 && **q != 4 {
		fmt.Println("element", **q)
	}
}

func (n *node) get() *int { return n.value }

type getter interface{ get() *int }

//go:noinline
func ask(g getter, f func() *int, want int) {
	collect()
	check("interface", g.get(), want)
	check("closure", f(), want)
}

func indirect() {
	n := node{value: number(5)}
	m := &n
	ask(m, func() *int { collect(); return m.value }, 5)
	n.value = number(6)
	get := n.get
	collect()
	ask(&n, get, 6)
}

// Variables whose addresses are kept in objects of the heap.
func inHeap(count int) {
	var a, b node
	places := make([]*node, count)
	for i := range places {
		places[i] = &a
		if i%2 == 1 {
			places[i] = &b
		}
	}
	a.value, b.value = number(1), number(2)
	collect()
	check("heap", places[0].value, 1)
	check("heap", places[1].value, 2)
	var last *node
	for i := range count {
		last = &node{next: last, value: number(i)}
		keep := last
		collect()
		check("loop", keep.value, i)
	}
	collect()
	for i := count - 1; last != nil; i-- {
		check("loop list", last.value, i)
		last = last.next
	}
}

func deferred() (result *node) {
	n := node{value: number(8)}
	defer func() {
		collect()
		if recover() != nil {
			collect()
			check("deferred", n.value, 9)
			result = &node{value: n.value}
		}
	}()
	p := &n
	p.value = number(9)
	collect()
	var none *node
	return none.next
}

func channels() {
	c := make(chan node)
	done := make(chan bool)
	go func() {
		n := node{value: number(11)}
		c <- n
		n = <-c
		collect()
		check("channel", n.value, 12)
		select {
		case n = <-c:
			collect()
			check("select", n.tail[1], 13)
		case <-done:
		}
		done <- true
	}()
	runtime.Gosched()
	got := <-c
	collect()
	check("channel", got.value, 11)
	send := node{value: number(12)}
	c <- send
	collect()
	send.tail[1] = number(13)
	select {
	case c <- send:
	case <-done:
	}
	<-done
}

func each(yield func(*node) bool) {
	n := node{value: number(1)}
	for i := range 3 {
		n.tail[0] = number(i)
		if !yield(&n) {
			return
		}
		collect()
	}
}

func ranges() {
	want := 0
	for n := range each {
		collect()
		check("range", n.tail[0], want)
		check("range", n.value, 1)
		want++
	}
}

func itself() {
	var n node
	n.next = &n
	n.value = number(14)
	p := &n.next.tail
	collect()
	p[1] = number(15)
	q := &p
	collect()
	check("itself", (*q)[1], 15)
	check("itself", n.next.next.value, 14)
}

// What is not needed any more.

//go:noinline
func watch(n *node) weak.Pointer[int] {
	return weak.Make(n.value)
}

//go:noinline
func useAndDrop(n *node, handle weak.Pointer[int]) {
	collect()
	fmt.Println("before the last use:", handle.Value() != nil)
	runtime.KeepAlive(n)
	collect()
	fmt.Println("behind it:", handle.Value() != nil)
}

func passed() {
	n := node{value: number(21)}
	handle := watch(&n)
	useAndDrop(&n, handle)
	collect()
}

func captured() {
	n := node{value: number(22)}
	handle := watch(&n)
	f := func() { watch(&n) }
	g := &f
	(*g)()
	collect()
	fmt.Println("while the closure is needed:", handle.Value() != nil)
	runtime.KeepAlive(g)
	collect()
	fmt.Println("then:", handle.Value() != nil)
}

func main() {
	descend(200, nil)
	many()
	choose(true)
	choose(false)
	for i := range 4 {
		element(i)
	}
	indirect()
	inHeap(10)
	check("result", deferred().value, 9)
	channels()
	ranges()
	itself()
	passed()
	captured()
}

// STDOUT: before the last use: true
// STDOUT: behind it: false
// STDOUT: while the closure is needed: true
// STDOUT: then: false
