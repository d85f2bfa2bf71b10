// errors

package main

import "unsafe"

//go:wasmimport env text
func text(a string, b int) (x, y int32)

//go:wasmimport env value
func value(a struct{ x int }) error

//go:wasmimport env pointers
func pointers(a *struct{ x int32 }, b *struct{}, c unsafe.Pointer, d bool, e uintptr, f *[4]uint8)

//go:wasmexport narrow
func narrow(a int8, b float64) int16 { return 0 }

func main() {
	text("", 1)
	_ = value(struct{ x int }{1})
	pointers(nil, nil, nil, false, 0, nil)
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./host_functions.go:8:6: go:wasmimport: unsupported parameter type int
// OUTPUT: ./host_functions.go:8:6: go:wasmimport: too many return values
// OUTPUT: ./host_functions.go:11:6: go:wasmimport: unsupported parameter type struct { x int }
// OUTPUT: ./host_functions.go:11:6: go:wasmimport: unsupported result type error
// OUTPUT: ./host_functions.go:14:6: go:wasmimport: unsupported parameter type *struct { x int32 }
// OUTPUT: ./host_functions.go:17:6: go:wasmexport: unsupported parameter type int8
// OUTPUT: ./host_functions.go:17:6: go:wasmexport: unsupported result type int16
