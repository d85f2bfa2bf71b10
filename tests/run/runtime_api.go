// run

// Statistics, metrics, profiles and settings of packages runtime, debug, metrics, pprof and trace.
package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"time"
)

var sink []byte

func main() {
	for i := 0; i < 1000; i++ {
		sink = make([]byte, 1000)
	}
	runtime.GC()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	fmt.Println(ms.NumGC > 0, ms.PauseNs[(ms.NumGC+255)%256] > 0, ms.BySize[3].Size, ms.Mallocs > 1000, ms.GCCPUFraction > 0)
	var big uint64
	for _, c := range ms.BySize {
		if c.Size == 1024 {
			big = c.Mallocs
		}
	}
	fmt.Println(big >= 1000)
	var gs debug.GCStats
	debug.ReadGCStats(&gs)
	fmt.Println(gs.NumGC == int64(ms.NumGC), len(gs.Pause) > 0, time.Since(gs.LastGC) < time.Minute)
	fmt.Println(debug.SetGCPercent(50), debug.SetGCPercent(100), debug.SetMemoryLimit(-1) > 0, debug.SetMaxStack(1<<20) > 0, debug.SetMaxThreads(1000), debug.SetPanicOnFault(true))
	debug.FreeOSMemory()
	s := metrics.All()
	samples := make([]metrics.Sample, len(s))
	for i := range s {
		samples[i].Name = s[i].Name
	}
	metrics.Read(samples)
	for i, x := range samples {
		if x.Value.Kind() != s[i].Kind {
			fmt.Println("bad", x.Name, x.Value.Kind(), s[i].Kind)
		}
		if x.Name == "/gc/gogc:percent" {
			fmt.Println(x.Value.Uint64())
		}
	}
	done := make(chan bool)
	pprof.Do(context.Background(), pprof.Labels("k", "v"), func(context.Context) {
		go func() { <-done }()
	})
	time.Sleep(time.Millisecond)
	var buf bytes.Buffer
	fmt.Println(pprof.Lookup("goroutine").WriteTo(&buf, 1))
	fmt.Println(strings.Contains(buf.String(), "main.main.func2.1"), strings.Contains(buf.String(), `labels: {"k":"v"}`), pprof.Lookup("goroutine").Count())
	for _, n := range []string{"heap", "allocs", "threadcreate", "block", "mutex"} {
		buf.Reset()
		fmt.Println(n, pprof.Lookup(n).WriteTo(&buf, 0), buf.Len() > 0)
	}
	buf.Reset()
	fmt.Println(pprof.StartCPUProfile(&buf))
	pprof.StopCPUProfile()
	if runtime.GOOS == "linux" {
		fmt.Println("runtime.StartTrace: execution traces are not supported")
	} else {
		fmt.Println(strings.TrimPrefix(fmt.Sprint(trace.Start(&buf)), "runtime error: "))
	}
	recs := make([]runtime.StackRecord, 10)
	n, ok := runtime.GoroutineProfile(recs)
	fmt.Println(n, ok)
	var p runtime.Pinner
	p.Pin(new(int))
	p.Unpin()
	st := string(debug.Stack())
	fmt.Println(strings.HasPrefix(st, "goroutine 1 [running]:\nruntime/debug.Stack()\n"), strings.Contains(st, "main.main()"))
	close(done)
	runtime.SetMutexProfileFraction(3)
	fmt.Println(runtime.SetMutexProfileFraction(-1))
}

// STDOUT: true true 24 true true
// STDOUT: true
// STDOUT: true true true
// STDOUT: 100 50 true true 10000 false
// STDOUT: 100
// STDOUT: <nil>
// STDOUT: false true 2
// STDOUT: heap <nil> true
// STDOUT: allocs <nil> true
// STDOUT: threadcreate <nil> true
// STDOUT: block <nil> true
// STDOUT: mutex <nil> true
// STDOUT: <nil>
// STDOUT: runtime.StartTrace: execution traces are not supported
// STDOUT: 2 true
// STDOUT: true true
// STDOUT: 3

// STDERR: runtime: CPU profiles are not supported
// STDERR: runtime: mutex profiles are not supported
