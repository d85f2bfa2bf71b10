// run procs=1 timeout=60

// A goroutine in an empty loop starves nobody, even with one processor.
package main

func spin() {
	for {
	}
}

func main() {
	go spin()
	ch := make(chan int)
	go func() {
		for i := 0; i < 100; i++ {
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

// STDERR: 4950
