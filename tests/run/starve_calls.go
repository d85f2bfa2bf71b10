// run procs=1 timeout=60

// Endless recursion-free calls and recursive calls without loops are preempted too.
package main

var counter int

//go:noinline
func step(n int) int {
	counter++
	return n + 1
}

func loopOverCalls() {
	for n := 0; ; {
		n = step(n)
	}
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	go loopOverCalls()
	go func() { counter += fib(60) }()
	ch := make(chan int)
	go func() { ch <- 1 }()
	println(<-ch)
}

// STDERR: 1
