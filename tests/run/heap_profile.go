// run

// The profile of the heap: every allocation is counted at a rate of 1, dead objects are known after a collection.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
)

type block [256]int

var (
	kept  []*block
	large []byte
)

//go:noinline
func keep(n int) {
	for range n {
		kept = append(kept, new(block))
	}
}

//go:noinline
func drop(n int) {
	for range n {
		runtime.KeepAlive(escape(new(block)))
	}
}

var sink *block

//go:noinline
func escape(b *block) *block { sink = b; sink = nil; return b }

func records() map[string][4]int64 {
	n, _ := runtime.MemProfile(nil, true)
	list := make([]runtime.MemProfileRecord, n+50)
	n, ok := runtime.MemProfile(list, true)
	if !ok {
		panic("records do not fit")
	}
	found := map[string][4]int64{}
	for _, r := range list[:n] {
		frames := runtime.CallersFrames(r.Stack())
		name, more := "", true
		for more && !strings.HasPrefix(name, "main.") {
			var frame runtime.Frame
			frame, more = frames.Next()
			name = frame.Function
		}
		if name == "main.keep" || name == "main.drop" {
			old := found[name]
			if r.AllocObjects > 0 && r.AllocBytes/r.AllocObjects == 2048 {
				found[name] = [4]int64{old[0] + r.AllocObjects, old[1] + r.FreeObjects, old[2] + r.InUseObjects(), old[3] + r.InUseBytes()}
			}
		}
	}
	return found
}

//go:noinline
func deep(n int) {
	if n > 1 {
		deep(n - 1)
		return
	}
	large = make([]byte, 123456)
}

// depth is the number of program counters of the longest stack.
func depth() (longest int) {
	var text bytes.Buffer
	pprof.Lookup("heap").WriteTo(&text, 1)
	for line := range strings.Lines(text.String()) {
		if _, stack, ok := strings.Cut(line, " @"); ok {
			longest = max(longest, len(strings.Fields(stack)))
		}
	}
	return longest
}

func main() {
	runtime.MemProfileRate = 1
	keep(40)
	drop(30)
	runtime.GC()
	fmt.Println(records())
	keep(2)
	kept = nil
	fmt.Println(records())
	runtime.GC()
	fmt.Println(records())

	// 128 functions of the program, besides those that allocate.
	deep(200)
	runtime.GC()
	fmt.Println(depth())

	// Rare samples stand for all.
	runtime.MemProfileRate = 64 << 10
	for range 20 {
		drop(1000)
	}
	runtime.GC()
	sampled := records()["main.drop"][0] - 30
	fmt.Println(sampled > 400 && sampled < 900)
	var text bytes.Buffer
	pprof.Lookup("heap").WriteTo(&text, 1)
	fmt.Println(strings.HasPrefix(text.String(), "heap profile: "), strings.Contains(text.String(), "main.keep+0x"))
}

// STDOUT: map[main.drop:[30 30 0 0] main.keep:[40 0 40 81920]]
// STDOUT: map[main.drop:[30 30 0 0] main.keep:[40 0 40 81920]]
// STDOUT: map[main.drop:[30 30 0 0] main.keep:[42 42 0 0]]
// STDOUT: 130
// STDOUT: true
// STDOUT: true true
