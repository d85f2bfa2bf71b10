// errors

package main

//go:wasmexport add
func add(a, b int32) int32 { return a + b } // ERROR "//go:wasmexport is not supported by this compiler"

func main() {}
