// run exit=2 timeout=120

// Recursion without end dies as in Go.
package main

//go:noinline
func down(n int) int { return down(n+1) + 1 }

func main() { println(down(0)) }

// STDERR: runtime: goroutine stack exceeds 1000000000-byte limit
// STDERR: fatal error: stack overflow
