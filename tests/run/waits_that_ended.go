// run env=GODEBUG=gccheckmark=1

// What a goroutine waited for is not held by it when the wait is over: neither by a goroutine that uses the same block after it ended, nor
// while it goes on.
package main

import (
	"runtime"
	"sync"
	"weak"
)

func waitOnce(c chan int, done chan bool) {
	<-c
	done <- true
}

//go:noinline
func waitAndEnd(n int) {
	done := make(chan bool, n)
	for range n {
		c := make(chan int)
		go waitOnce(c, done)
		runtime.Gosched()
		c <- 1
	}
	for range n {
		<-done
	}
}

// endedWaits frees channels that ended goroutines waited for, starts others in their blocks, and collects.
func endedWaits() {
	for range 3 {
		waitAndEnd(100)
		runtime.GC()
		stop := make(chan bool)
		var running sync.WaitGroup
		for range 100 {
			running.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						runtime.Gosched()
					}
				}
			})
		}
		runtime.GC()
		runtime.GC()
		close(stop)
		running.Wait()
	}
}

type guarded struct {
	lock  sync.Mutex
	value [10]int
}

//go:noinline
func waitForLock() weak.Pointer[guarded] {
	g := new(guarded)
	g.lock.Lock()
	go unlock(g)
	g.lock.Lock()
	return weak.Make(g)
}

func unlock(g *guarded) {
	for range 100 {
		runtime.Gosched()
	}
	g.lock.Unlock()
}

func main() {
	endedWaits()
	handle := waitForLock()
	for range 10 {
		runtime.Gosched()
		runtime.GC()
	}
	println("freed:", handle.Value() == nil)
}

// STDERR: freed: true
