// run exit=2

// The program stops when no goroutine can go on.
package main

func main() {
	ch := make(chan int)
	go func() { <-ch }()
	var never chan int
	<-never
}

// STDERR: fatal error: all goroutines are asleep - deadlock!
// STDERR: goroutine 1 [chan receive (nil chan)]:
// STDERR: main.main()
