// run

// go:uintptrescapes keeps what pointer arguments point to alive until the call returns, also when the call is deferred or a goroutine. A
// recover that is deferred itself stops the panic that called its function's caller, unless a panic runs it.
package main

import (
	"runtime"
	"unsafe"
)

var done = make(chan bool, 1)

func setup() unsafe.Pointer {
	s := "alive"
	runtime.SetFinalizer(&s, func(p *string) { *p = "dead" })
	return unsafe.Pointer(&s)
}

//go:noinline
//go:uintptrescapes
func show(what string, p uintptr, rest ...uintptr) {
	runtime.GC()
	runtime.GC()
	print(what, " ", *(*string)(unsafe.Pointer(p)))
	for _, r := range rest {
		print(" ", *(*string)(unsafe.Pointer(r)))
	}
	println()
	done <- true
}

func outer() {
	defer func() { println("outer", recover() != nil) }()
	defer func() {
		defer recover()
	}()
	panic(1)
}

func inner() {
	defer func() { println("inner", recover() != nil) }()
	defer func() {
		defer func() { println("second", recover().(int)) }()
		defer recover()
		panic(2)
	}()
	panic(1)
}

func main() {
	show("call", uintptr(setup()), uintptr(setup()), uintptr(setup()))
	<-done
	go show("go", uintptr(setup()), uintptr(setup()))
	<-done
	func() {
		for range 1 {
			defer show("defer", uintptr(setup()), uintptr(setup()))
		}
	}()
	<-done
	outer()
	inner()
}

// STDERR: call alive alive alive
// STDERR: go alive alive
// STDERR: defer alive alive
// STDERR: outer false
// STDERR: second 2
// STDERR: inner true
