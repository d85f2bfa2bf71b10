// run timeout=60

// Timers and tickers: synchronous channels, no stale value after Stop or Reset, functions on goroutines of their own, and timers
// that nobody refers to are garbage.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	t0 := time.Now()
	time.Sleep(10 * time.Millisecond)
	fmt.Println("slept", time.Since(t0) > 10*time.Millisecond, time.Since(t0) < 50*time.Millisecond)
	tm := time.NewTimer(20 * time.Millisecond)
	fmt.Println(len(tm.C), cap(tm.C))
	x := <-tm.C
	fmt.Println(x.Sub(t0) > 30*time.Millisecond)
	tm.Reset(time.Millisecond)
	time.Sleep(5 * time.Millisecond)
	fmt.Println("stop", tm.Stop())
	select {
	case <-tm.C:
		fmt.Println("stale")
	default:
		fmt.Println("nothing")
	}
	tm.Reset(time.Millisecond)
	time.Sleep(5 * time.Millisecond)
	select {
	case <-tm.C:
		fmt.Println("got")
	default:
		fmt.Println("nothing")
	}
	done := make(chan bool)
	time.AfterFunc(3*time.Millisecond, func() { done <- true })
	fmt.Println(<-done)
	tk := time.NewTicker(2 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-tk.C
	}
	select {
	case <-tk.C:
		fmt.Println("tick")
	case <-time.After(time.Second):
		fmt.Println("timeout")
	}
	select {
	case <-make(chan int):
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timeout")
	}
	af := time.AfterFunc(time.Hour, func() {})
	fmt.Println(af.Stop(), af.Stop(), af.Reset(time.Hour), af.Reset(time.Hour), af.Stop())
	for range time.Tick(time.Millisecond) {
		break
	}
	crowd()
	garbage()
}

// crowd lets several goroutines wait for one ticker and for one timer that is set anew meanwhile.
func crowd() {
	ticker := time.NewTicker(time.Millisecond)
	timer := time.NewTimer(time.Hour)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 3 {
				select {
				case <-ticker.C:
				case <-timer.C:
				}
			}
		}()
	}
	timer.Reset(time.Millisecond)
	wg.Wait()
	ticker.Stop()
	fmt.Println("crowd")
}

// garbage makes timers that are far from firing and drops them.
func garbage() {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 20000 {
		time.NewTimer(time.Hour)
		time.NewTicker(time.Hour)
		select {
		case <-time.After(time.Hour):
		default:
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	fmt.Println("garbage", int64(after.HeapAlloc-before.HeapAlloc) < 1<<20)
}

// STDOUT: slept true true
// STDOUT: 0 0
// STDOUT: true
// STDOUT: stop true
// STDOUT: nothing
// STDOUT: got
// STDOUT: true
// STDOUT: tick
// STDOUT: timeout
// STDOUT: true false false true true
// STDOUT: crowd
// STDOUT: garbage true
