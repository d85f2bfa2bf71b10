// run timeout=60

// A goroutine wired to its thread still communicates with others.
package main

import "runtime"

func main() {
	ping, pong := make(chan int), make(chan int)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for v := range ping {
			pong <- v * 2
		}
		close(pong)
	}()
	runtime.LockOSThread()
	sum := 0
	for i := 0; i < 1000; i++ {
		ping <- i
		sum += <-pong
	}
	close(ping)
	println(sum)
}

// STDERR: 999000
