// run procs=2 timeout=120

// sync.Pool: nobody else gets what a goroutine holds, collections empty the pools, and pinning stands no stop of the world in the way.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	p := sync.Pool{New: func() any { return new([64]int) }}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 5000 {
				var held []*[64]int
				for range 1 + i%7 {
					x := p.Get().(*[64]int)
					if x[0] != 0 {
						panic("shared")
					}
					x[0] = g + 1
					held = append(held, x)
				}
				for _, x := range held {
					if x[0] != g+1 {
						panic("taken")
					}
					x[0] = 0
					p.Put(x)
				}
				if i%500 == 0 {
					runtime.GC()
				}
			}
		}()
	}
	wg.Wait()
	fmt.Println("ok")
}

// STDOUT: ok
