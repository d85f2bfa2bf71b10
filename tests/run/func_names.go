// run

// Names of method values and expressions; program counters of call stacks, from which programs subtract a little.
package main

import (
	"fmt"
	"reflect"
	"runtime"
)

var initpc = caller()

func caller() uintptr {
	var pcs [3]uintptr
	n := runtime.Callers(2, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	f, _ := frames.Next()
	return f.PC
}

type X struct{}

//go:noinline
func (x *X) ptr() uintptr { return caller() }
func (x X) val() uintptr  { return caller() }

type I interface{ val() uintptr }

// pc is that of a call instruction; one less still lies in what comes before it, or in it, and never in another function.
func show(pc uintptr) {
	f := runtime.FuncForPC(pc - 1)
	file, line := f.FileLine(pc - 1)
	fmt.Println(f.Name(), file[len(file)-6:], line)
}
func name(f any) { fmt.Println(runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()) }

type E struct{ X }

func main() {
	show(initpc)
	show(func() uintptr { var x X; return x.ptr() }())
	show(func() uintptr { var x X; return x.val() }())
	show(caller())
	name((*X).val)
	name((*X).ptr)
	name(X.val)
	name(I.val)
	name(I(X{}).val)
	name(X{}.val)
	name((&X{}).ptr)
	name(E.val)
	name((*E).ptr)
	name(E{}.val)
	name((*E).val)
}

// STDOUT: main.init mes.go 12
// STDOUT: main.(*X).ptr mes.go 25
// STDOUT: main.X.val mes.go 26
// STDOUT: main.main mes.go 44
// STDOUT: main.(*X).val
// STDOUT: main.(*X).ptr
// STDOUT: main.X.val
// STDOUT: main.I.val
// STDOUT: main.I.val-fm
// STDOUT: main.X.val-fm
// STDOUT: main.(*X).ptr-fm
// STDOUT: main.E.val
// STDOUT: main.(*E).ptr
// STDOUT: main.X.val-fm
// STDOUT: main.(*E).val
