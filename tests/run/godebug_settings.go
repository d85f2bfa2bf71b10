// run
//
// Settings of //go:debug lines hold until the program changes the environment.

//go:debug randseednop=0

package main

import (
	"math/rand"
	"os"
	"runtime"
)

func repeats() bool {
	rand.Seed(1)
	first := [4]int{rand.Int(), rand.Int(), rand.Int(), rand.Int()}
	rand.Seed(1)
	return first == [4]int{rand.Int(), rand.Int(), rand.Int(), rand.Int()}
}

func main() {
	println(repeats())
	os.Setenv("GODEBUG", "randseednop=1")
	println(repeats())
	println(runtime.GOOS, runtime.GOARCH, runtime.GOROOT() != "")
}

// STDERR: true
// STDERR: false
// STDERR: wasip1 wasm true
