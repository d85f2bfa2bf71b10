// group: parked

// A million goroutines wait on one channel at once, then all go on. The figure of interest is the peak of memory.
package main

func main() {
	const n = 1_000_000
	gate, results := make(chan int), make(chan int, 1000)
	for i := 0; i < n; i++ {
		go func() { results <- <-gate }()
	}
	go func() {
		for i := 0; i < n; i++ {
			gate <- i
		}
	}()
	sum := 0
	for i := 0; i < n; i++ {
		sum += <-results
	}
	println(sum)
}
