// run

// Finalizers with results, for objects and for interfaces.
package main

import (
	"fmt"
	"runtime"
	"time"
)

type T struct{ a [4]int }

func (t *T) close() error { done <- "error"; return nil }

var done = make(chan string, 10)

func main() {
	func() {
		runtime.SetFinalizer(&T{}, (*T).close)
		runtime.SetFinalizer(&T{}, func(x any) (int, [20]string) { done <- "any"; return 1, [20]string{} })
		runtime.SetFinalizer(&T{}, func(x interface{ close() error }) string { done <- "iface"; return "" })
		runtime.SetFinalizer(&T{}, func(x *T) { done <- "plain" })
	}()
	got := map[string]bool{}
	for i := 0; i < 50 && len(got) < 4; i++ {
		runtime.GC()
		select {
		case s := <-done:
			got[s] = true
		case <-time.After(10 * time.Millisecond):
		}
	}
	fmt.Println(got)
}

// STDOUT: map[any:true error:true iface:true plain:true]
