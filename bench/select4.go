// group: concurrency

// One goroutine selects over four unbuffered channels, each fed by a goroutine of its own.
package main

func feed(ch chan<- int, n int) {
	for i := 0; i < n; i++ {
		ch <- i
	}
	close(ch)
}

func main() {
	const n = 500_000
	a, b, c, d := make(chan int), make(chan int), make(chan int), make(chan int)
	go feed(a, n)
	go feed(b, n)
	go feed(c, n)
	go feed(d, n)
	sum, open := 0, 4
	for open > 0 {
		var v int
		var ok bool
		select {
		case v, ok = <-a:
			if !ok {
				a = nil
			}
		case v, ok = <-b:
			if !ok {
				b = nil
			}
		case v, ok = <-c:
			if !ok {
				c = nil
			}
		case v, ok = <-d:
			if !ok {
				d = nil
			}
		}
		if !ok {
			open--
			continue
		}
		sum += v
	}
	println(sum)
}
