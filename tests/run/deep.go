// run timeout=120

// A recursion one million frames deep returns the right answer.
package main

func sum(n int) int {
	if n == 0 {
		return 0
	}
	return n + sum(n-1)
}

type list struct {
	next  *list
	value int
}

//go:noinline
func build(n int) *list {
	if n == 0 {
		return nil
	}
	rest := build(n - 1)
	return &list{rest, n}
}

func main() {
	println(sum(1_000_000))
	done := make(chan int)
	go func() { done <- sum(1_000_000) }()
	println(<-done)
	total := 0
	for l := build(1_000_000); l != nil; l = l.next {
		total += l.value
	}
	println(total)
}

// STDERR: 500000500000
// STDERR: 500000500000
// STDERR: 500000500000
