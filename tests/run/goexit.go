// run

// Goexit runs deferred calls, ends its goroutine only, and cannot be recovered.
package main

import "runtime"

func main() {
	done := make(chan string, 3)
	go func() {
		defer func() { done <- "outer" }()
		func() {
			defer func() {
				if recover() == nil {
					done <- "nothing to recover"
				}
			}()
			runtime.Goexit()
		}()
		done <- "unreachable"
	}()
	println(<-done)
	println(<-done)
}

// STDERR: nothing to recover
// STDERR: outer
