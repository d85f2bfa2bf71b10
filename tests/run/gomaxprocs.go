// run procs=3 target=native

// GOMAXPROCS comes from the environment, can be read and changed.
package main

import "runtime"

func main() {
	println(runtime.GOMAXPROCS(0), runtime.GOMAXPROCS(2), runtime.GOMAXPROCS(0))
	println(runtime.GOOS, runtime.GOARCH, runtime.NumGoroutine())
}

// STDERR: 3 3 2
// STDERR: wasip1 wasm 1
