// run zeal

// A bubble has a clock of its own, which moves when all its goroutines are durably blocked; what was made in it belongs to it.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"
	_ "unsafe"
)

//go:linkname run internal/synctest.Run
func run(f func())

//go:linkname wait internal/synctest.Wait
func wait()

func main() {
	run(func() {
		start := time.Now()
		fmt.Println(start.UTC())
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() { time.Sleep(time.Duration(3-i) * time.Hour); fmt.Println("slept", time.Since(start)) })
		}
		group.Wait()

		ticker := time.NewTicker(time.Minute)
		for range 3 {
			fmt.Println("tick", (<-ticker.C).Sub(start))
		}
		ticker.Stop()
		time.AfterFunc(time.Second, func() { fmt.Println("after", time.Since(start)) })
		time.Sleep(time.Second)
		wait()

		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		time.Sleep(5*time.Second - 1)
		wait()
		fmt.Println(ctx.Err())
		time.Sleep(1)
		wait()
		fmt.Println(ctx.Err())

		// Wait returns when the other is blocked, not before.
		values, blocked := make(chan int), false
		go func() { blocked = true; <-values }()
		wait()
		fmt.Println("blocked:", blocked)
		close(values)
	})

	// What comes from outside counts as running: the clock stands still.
	outside := make(chan bool)
	go func() { time.Sleep(10 * time.Millisecond); close(outside) }()
	run(func() {
		start := time.Now()
		<-outside
		fmt.Println("stood still:", time.Since(start) == 0)
	})

	// Bubbles at the same time.
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			run(func() {
				start, done := time.Now(), make(chan bool)
				go func() { time.Sleep(time.Duration(i+1) * time.Hour); done <- true }()
				<-done
				if got := time.Since(start); got != time.Duration(i+1)*time.Hour {
					fmt.Println("bubble", i, got)
				}
			})
		})
	}
	group.Wait()

	run(func() {
		defer func() { fmt.Println(recover()) }()
		run(func() {})
	})
}

// STDOUT: 2000-01-01 00:00:00 +0000 UTC
// STDOUT: slept 1h0m0s
// STDOUT: slept 2h0m0s
// STDOUT: slept 3h0m0s
// STDOUT: tick 3h1m0s
// STDOUT: tick 3h2m0s
// STDOUT: tick 3h3m0s
// STDOUT: after 3h3m1s
// STDOUT: <nil>
// STDOUT: context deadline exceeded
// STDOUT: blocked: true
// STDOUT: stood still: true
// STDOUT: synctest.Run called from within a synctest bubble
