// run procs=2 timeout=120

// Goroutines that build and drop linked structures while others do the same: what is reachable stays whole.
package main

import "runtime"

type tree struct {
	left, right *tree
	value       int
}

func build(depth, value int) *tree {
	if depth == 0 {
		return &tree{value: value}
	}
	return &tree{build(depth-1, 2*value), build(depth-1, 2*value+1), value}
}

func (t *tree) sum() int {
	if t == nil {
		return 0
	}
	return t.value + t.left.sum() + t.right.sum()
}

func worker(results chan<- int) {
	keep := build(10, 1)
	total := 0
	for i := 0; i < 40; i++ {
		t := build(12, 1)
		s := ""
		for j := 0; j < 50; j++ {
			s += string(rune('a' + j%26))
		}
		total += t.sum() + len(s)
		runtime.Gosched()
	}
	results <- total + keep.sum()
}

func main() {
	results := make(chan int)
	for i := 0; i < 4; i++ {
		go worker(results)
	}
	runtime.GC()
	total := 0
	for i := 0; i < 4; i++ {
		total += <-results
	}
	println(total)
}

// STDERR: 5376446272
