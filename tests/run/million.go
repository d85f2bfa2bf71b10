// run timeout=180

// A million goroutines parked on a channel at once, then all woken. Their peak of memory is a figure of `cargo xtask bench`.
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

// STDERR: 499999500000
