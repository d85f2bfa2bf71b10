// run zeal

// An object stays as it is until its finalizer is called, however many collections pass while the call is queued.
package main

import "runtime"

type object struct {
	number  int
	text    *string
	inverse int
}

var seen = make(chan *object)

//go:noinline
func attach(number int) {
	text := "x"
	o := &object{number, &text, ^number}
	runtime.SetFinalizer(o, func(o *object) { seen <- o })
}

func main() {
	const count = 50
	for number := range count {
		attach(number)
	}
	runtime.GC()
	sum := 0
	for range count {
		for range 5 {
			attach(count)
		}
		o := <-seen
		for o.number == count {
			o = <-seen
		}
		if o.inverse != ^o.number || *o.text != "x" {
			println("not what it was:", o.number, o.inverse)
		}
		sum += o.number
	}
	println(sum)
}

// STDERR: 1225
