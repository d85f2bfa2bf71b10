// run exit=2

// A program that allows itself fewer threads than it has ends, also if the number is no sensible one.
package main

import (
	"fmt"
	"runtime/debug"
)

func main() {
	fmt.Println(debug.SetMaxThreads(1<<40), debug.SetMaxThreads(500))
	debug.SetMaxThreads(-1)
	fmt.Println("unreachable")
}

// STDOUT: 10000 2147483647
// STDERR: fatal error: thread exhaustion
