// run

// runtime.KeepAlive keeps alive what a value refers to, also one that is not a pointer itself and is in no memory. A finalizer that refers
// to its own object keeps that forever.
package main

import (
	"runtime"
	"sync/atomic"
)

type node struct {
	value int
	next  *node
}

func finalized(done *atomic.Int32) *node {
	n := &node{value: 1}
	runtime.SetFinalizer(n, func(*node) { done.Add(1) })
	return n
}

func collect() {
	for range 3 {
		runtime.GC()
	}
}

// collectUntil gives up after so many collections that an object that is not dead then never will be.
func collectUntil(done *atomic.Int32, want int32) {
	for range 1000 {
		if done.Load() == want {
			return
		}
		runtime.GC()
	}
}

//go:noinline
func ofSlice(done *atomic.Int32) {
	keep := make([]*node, 0, 4)
	for range 4 {
		keep = append(keep, finalized(done))
	}
	collect()
	println("slice:", done.Load())
	runtime.KeepAlive(keep)
}

//go:noinline
func ofStruct(done *atomic.Int32) {
	pair := struct{ a, b *node }{finalized(done), finalized(done)}
	collect()
	println("struct:", done.Load())
	runtime.KeepAlive(pair)
}

//go:noinline
func refersToItself(done *atomic.Int32) {
	n := &node{value: 1}
	runtime.SetFinalizer(n, func(*node) { done.Add(int32(n.value)) })
}

func main() {
	slice, pair, itself := new(atomic.Int32), new(atomic.Int32), new(atomic.Int32)
	ofSlice(slice)
	ofStruct(pair)
	refersToItself(itself)
	collectUntil(slice, 4)
	collectUntil(pair, 2)
	collect()
	println("then:", slice.Load(), pair.Load(), itself.Load())
}

// STDERR: slice: 0
// STDERR: struct: 0
// STDERR: then: 4 2 0
