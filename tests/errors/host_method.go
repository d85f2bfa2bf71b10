// errors

package main

type counter struct{}

//go:wasmexport method
func (counter) method() {}

//go:wasmexport narrow
func narrow(a int8, b float64) int16 { return 0 }

func main() {}

// OUTPUT: # command-line-arguments
// OUTPUT: ./host_method.go:8:6: cannot use //go:wasmexport on a method
