// run exit=2

// An index out of range ends the program with index, length, function, file and line.
package main

//go:noinline
func at(a []int, i int) int { return a[i] }

func main() { println(at([]int{1, 2, 3}, 5)) }

// STDERR: panic: runtime error: index out of range [5] with length 3
// STDERR: goroutine 1 [running]:
