// group: concurrency

// The prime sieve of chained filters: a goroutine per prime, all numbers through unbuffered channels.
package main

func generate(ch chan<- int) {
	for i := 2; ; i++ {
		ch <- i
	}
}

func filter(in <-chan int, out chan<- int, prime int) {
	for {
		i := <-in
		if i%prime != 0 {
			out <- i
		}
	}
}

func main() {
	ch := make(chan int)
	go generate(ch)
	last := 0
	for i := 0; i < 2200; i++ {
		last = <-ch
		next := make(chan int)
		go filter(ch, next, last)
		ch = next
	}
	println(last)
}
