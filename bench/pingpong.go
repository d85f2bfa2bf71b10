// group: concurrency

// Two goroutines hand a number back and forth over unbuffered channels.
package main

func main() {
	const rounds = 3_000_000
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v + 1
		}
		close(pong)
	}()
	v := 0
	for i := 0; i < rounds; i++ {
		ping <- v
		v = <-pong
	}
	close(ping)
	println(v)
}
