// group: spawn

// Starts goroutines in batches of a thousand and waits for each batch.
package main

func main() {
	const batches, size = 1500, 1000
	done := make(chan int, size)
	total := 0
	for b := 0; b < batches; b++ {
		for i := 0; i < size; i++ {
			go func() { done <- i & 7 }()
		}
		for i := 0; i < size; i++ {
			total += <-done
		}
	}
	println(total)
}
