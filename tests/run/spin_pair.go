// run procs=2 target=native timeout=60

// Two goroutines wait for each other in a spin, 20,000 times: only goroutines that run at the same time finish soon. The turn is passed
// through a channel of capacity 1 that is polled, so that the program imports nothing.
package main

func main() {
	const rounds = 20000
	ping, pong := make(chan int, 1), make(chan int, 1)
	done := make(chan bool)
	go func() {
		for i := 0; i < rounds; i++ {
			for len(ping) == 0 {
			}
			pong <- <-ping + 1
		}
		done <- true
	}()
	v := 0
	for i := 0; i < rounds; i++ {
		ping <- v
		for len(pong) == 0 {
		}
		v = <-pong
	}
	<-done
	println(v)
}

// STDERR: 20000
