// group: concurrency

// A producer and a consumer with a channel of 128 elements between them.
package main

func main() {
	const n = 20_000_000
	ch := make(chan int, 128)
	go func() {
		for i := 0; i < n; i++ {
			ch <- i
		}
		close(ch)
	}()
	sum := 0
	for v := range ch {
		sum += v
	}
	println(sum)
}
