// run exit=2

// A bubble whose goroutines are blocked for ever: the panic shows them, and nobody else.
package main

import (
	"fmt"
	"time"
	_ "unsafe"
)

//go:linkname run internal/synctest.Run
func run(f func())

func deadlock(f func()) {
	defer func() { fmt.Println(recover()) }()
	run(f)
}

func main() {
	deadlock(func() { go func() { select {} }() })
	go func() { time.Sleep(time.Hour) }()
	run(func() {
		values := make(chan int)
		go func() { values <- 1 }()
		go func() { var never chan int; <-never }()
		select {}
	})
}

// STDOUT: deadlock: main bubble goroutine has exited but blocked goroutines remain
// STDERR: panic: deadlock: all goroutines in bubble are blocked
// STDERR: goroutine 1 [running]:
// STDERR: internal/synctest.Run(...)
// STDERR: main.main.func3()
// STDERR: main.main.func3.1()
// STDERR: main.main.func3.2()
