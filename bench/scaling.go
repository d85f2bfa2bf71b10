// group: scaling

// Independent work in four goroutines: wall time falls with GOMAXPROCS.
package main

func collatz(from, to int) int {
	longest := 0
	for n := from; n < to; n++ {
		steps := 0
		for x := n; x != 1; steps++ {
			if x&1 == 0 {
				x >>= 1
			} else {
				x = 3*x + 1
			}
		}
		if steps > longest {
			longest = steps
		}
	}
	return longest
}

func main() {
	const n, workers = 4_000_000, 16
	results := make(chan int, workers)
	for w := 0; w < workers; w++ {
		go func() { results <- collatz(1+w*n/workers, 1+(w+1)*n/workers) }()
	}
	longest := 0
	for w := 0; w < workers; w++ {
		longest = max(longest, <-results)
	}
	println(longest)
}
