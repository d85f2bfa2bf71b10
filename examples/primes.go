// Counts primes with a goroutine per prime candidate's divisor check, spread over all processors.
//
// Two stages: a chain of filters, one goroutine per prime, finds the first primes; then workers count the primes below a bound in parallel.
package main

import "runtime"

// filter passes on what its prime does not divide.
func filter(in <-chan int, out chan<- int, prime int) {
	for n := range in {
		if n%prime != 0 {
			out <- n
		}
	}
	close(out)
}

// firstPrimes returns the primes below limit, found by a chain of goroutines.
func firstPrimes(limit int) []int {
	numbers := make(chan int)
	go func() {
		for n := 2; n < limit; n++ {
			numbers <- n
		}
		close(numbers)
	}()
	var primes []int
	in := numbers
	for {
		prime, ok := <-in
		if !ok {
			return primes
		}
		primes = append(primes, prime)
		out := make(chan int)
		go filter(in, out, prime)
		in = out
	}
}

// count returns how many numbers of [from, to) none of the primes divides.
func count(primes []int, from, to int) int {
	found := 0
next:
	for n := from; n < to; n++ {
		for _, p := range primes {
			if p*p > n {
				break
			}
			if n%p == 0 {
				continue next
			}
		}
		found++
	}
	return found
}

func main() {
	const limit, top, parts = 2000, 2000 * 2000, 64
	primes := firstPrimes(limit)
	println("primes below", limit, "by a chain of", len(primes), "goroutines, the last", primes[len(primes)-1])
	results := make(chan int)
	for part := 0; part < parts; part++ {
		from, to := limit+(top-limit)*part/parts, limit+(top-limit)*(part+1)/parts
		go func() { results <- count(primes, from, to) }()
	}
	total := len(primes)
	for part := 0; part < parts; part++ {
		total += <-results
	}
	println("primes below", top, "on", runtime.GOMAXPROCS(0), "processors:", total)
}
