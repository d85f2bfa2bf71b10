// run

// What runtime.KeepAlive is given keeps all it holds alive, boxed values too; weak pointers to static data are one.
package main

import (
	"fmt"
	"runtime"
	"weak"
)

type block [64]int

type holder struct {
	name  string
	block *block
}

var static block

//go:noinline
func slice() bool {
	list := []*block{new(block)}
	w := weak.Make(list[0])
	runtime.GC()
	alive := w.Value() != nil
	runtime.KeepAlive(list)
	return alive
}

//go:noinline
func structure() bool {
	h := holder{"h", new(block)}
	w := weak.Make(h.block)
	runtime.GC()
	alive := w.Value() != nil
	runtime.KeepAlive(h)
	return alive
}

//go:noinline
func forgotten() bool {
	h := holder{"h", new(block)}
	w := weak.Make(h.block)
	runtime.KeepAlive(h)
	runtime.GC()
	return w.Value() != nil
}

func main() {
	fmt.Println(slice(), structure(), forgotten())
	fmt.Println(weak.Make(&static) == weak.Make(&static), weak.Make(&static[1]) == weak.Make(&static[2]))
}

// STDOUT: true true false
// STDOUT: true false
