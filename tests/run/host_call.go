// run procs=2 target=native timeout=60

// Calls of host functions that wait: each holds up its own goroutine only, the world stops around them, and what their arguments point to
// stays alive.
package main

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

//go:wasmimport wasi_snapshot_preview1 poll_oneoff
//go:noescape
func pollOneoff(in, out unsafe.Pointer, count uint32, happened unsafe.Pointer) uint32

// subscription to a clock, as WASI lays it out: 48 bytes.
type subscription struct {
	data      uint64
	tag       uint64
	clock     uint64
	timeout   uint64
	precision uint64
	flags     uint64
}

// wait spends d in the host.
func wait(d time.Duration) uint64 {
	in := &subscription{data: 42, clock: 1, timeout: uint64(d)}
	out, happened := new([32]byte), new(uint32)
	if pollOneoff(unsafe.Pointer(in), unsafe.Pointer(out), 1, unsafe.Pointer(happened)) != 0 || *happened != 1 {
		panic("poll_oneoff")
	}
	return *(*uint64)(unsafe.Pointer(out))
}

func main() {
	start := time.Now()
	const waiters = 10
	results := make(chan uint64)
	for range waiters {
		go func() { results <- wait(100 * time.Millisecond) }()
	}
	rounds := 0
	for time.Since(start) < 50*time.Millisecond {
		var garbage [][]byte
		for range 100 {
			garbage = append(garbage, make([]byte, 1000))
		}
		runtime.GC()
		runtime.Gosched()
		rounds += len(garbage) / 100
	}
	fmt.Println(rounds > 0)
	sum := uint64(0)
	for range waiters {
		sum += <-results
	}
	fmt.Println(sum, time.Since(start) < waiters*100*time.Millisecond)

	// Short calls by several goroutines that have other things to do.
	for g := range 4 {
		go func() {
			n := uint64(0)
			for i := range 2000 {
				n += wait(time.Duration(i % 3))
				if i%100 == g {
					runtime.GC()
				}
			}
			results <- n
		}()
	}
	sum = 0
	for range 4 {
		sum += <-results
	}
	fmt.Println(sum)
	runtime.LockOSThread()
	go func() { results <- wait(time.Millisecond) }()
	wait(2 * time.Millisecond)
	fmt.Println(<-results)
}

// STDOUT: true
// STDOUT: 420 true
// STDOUT: 336000
// STDOUT: 42
