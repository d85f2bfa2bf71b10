// run exit=2 args=receive

// A channel or timer belongs to the bubble it was made in.
package main

import (
	"os"
	"time"
	_ "unsafe"
)

//go:linkname run internal/synctest.Run
func run(f func())

func main() {
	values := make(chan chan int, 1)
	timers := make(chan *time.Timer, 1)
	run(func() {
		values <- make(chan int, 1)
		timers <- time.NewTimer(time.Second)
	})
	c, t := <-values, <-timers
	switch os.Args[1] {
	case "receive":
		<-c
	case "send":
		c <- 1
	case "close":
		close(c)
	case "select":
		select {
		case <-c:
		case <-timers:
		}
	case "poll":
		select {
		case <-c:
		default:
		}
	case "offer":
		select {
		case c <- 1:
		default:
		}
	case "time":
		<-t.C
	case "stop":
		t.Stop()
	case "reset":
		t.Reset(1)
	case "other":
		run(func() { <-c })
	}
}

// STDERR: fatal error: receive on synctest channel from outside bubble
// STDERR: goroutine 1 [running]:
// STDERR: main.main()
