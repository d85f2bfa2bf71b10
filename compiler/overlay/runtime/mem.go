package runtime

import (
	"internal/abi"
	"unsafe"
)

// What a program can learn about its memory, and what it can ask of the collector.

// MemStats records statistics about the memory allocator. Sizes are in bytes.
type MemStats struct {
	// Alloc is bytes of allocated heap objects; TotalAlloc is their cumulative sum; Sys is memory obtained from the host.
	Alloc      uint64
	TotalAlloc uint64
	Sys        uint64
	Lookups    uint64
	// Mallocs and Frees count heap objects allocated and freed.
	Mallocs uint64
	Frees   uint64

	HeapAlloc    uint64
	HeapSys      uint64
	HeapIdle     uint64
	HeapInuse    uint64
	HeapReleased uint64
	HeapObjects  uint64

	StackInuse  uint64
	StackSys    uint64
	MSpanInuse  uint64
	MSpanSys    uint64
	MCacheInuse uint64
	MCacheSys   uint64
	BuckHashSys uint64
	GCSys       uint64
	OtherSys    uint64

	// NextGC is the heap size that the next collection aims at; LastGC is the time the last one finished, in nanoseconds since 1970.
	NextGC       uint64
	LastGC       uint64
	PauseTotalNs uint64
	// PauseNs and PauseEnd are circular buffers of recent pause times and ends; the most recent is at [(NumGC+255)%256].
	PauseNs       [256]uint64
	PauseEnd      [256]uint64
	NumGC         uint32
	NumForcedGC   uint32
	GCCPUFraction float64
	EnableGC      bool
	DebugGC       bool

	// BySize reports allocation by size class.
	BySize [61]struct {
		Size    uint32
		Mallocs uint64
		Frees   uint64
	}
}

// memStatsRaw is filled by the Rust runtime: the words listed in runtime/src/gc/stats.rs, in that order.
type memStatsRaw struct {
	alloc, totalAlloc, sys, mallocs, frees                       uint64
	heapSys, heapIdle, heapInuse, heapReleased, heapObjects      uint64
	stackInuse, stackSys, gcSys, otherSys                        uint64
	nextGC, lastGC, pauseTotalNs, numGC, numForcedGC, lastPauses uint64
	pauses, pauseEnds                                            [256]uint64
	classes                                                      [61]struct{ size, mallocs, frees uint64 }
}

func readMemStatsRaw() *memStatsRaw {
	raw := new(memStatsRaw)
	rtMemStats(unsafe.Pointer(raw))
	return raw
}

// startNanotime is when the program began.
var startNanotime = rtNanotime()

// ReadMemStats fills m with allocator statistics.
func ReadMemStats(m *MemStats) {
	raw := readMemStatsRaw()
	*m = MemStats{
		Alloc: raw.alloc, TotalAlloc: raw.totalAlloc, Sys: raw.sys, Mallocs: raw.mallocs, Frees: raw.frees,
		HeapAlloc: raw.alloc, HeapSys: raw.heapSys, HeapIdle: raw.heapIdle, HeapInuse: raw.heapInuse,
		HeapReleased: raw.heapReleased, HeapObjects: raw.heapObjects,
		StackInuse: raw.stackInuse, StackSys: raw.stackSys, GCSys: raw.gcSys, OtherSys: raw.otherSys,
		NextGC: raw.nextGC, LastGC: raw.lastGC, PauseTotalNs: raw.pauseTotalNs,
		NumGC: uint32(raw.numGC), NumForcedGC: uint32(raw.numForcedGC), EnableGC: true,
		PauseNs: raw.pauses, PauseEnd: raw.pauseEnds,
	}
	if up := rtNanotime() - startNanotime; up > 0 {
		m.GCCPUFraction = float64(raw.pauseTotalNs) / float64(up)
	}
	for i := range raw.classes {
		c := &raw.classes[i]
		m.BySize[i].Size, m.BySize[i].Mallocs, m.BySize[i].Frees = uint32(c.size), c.mallocs, c.frees
	}
}

// GC runs a garbage collection and returns when it is complete. Finalizers that it made due get a chance to run first.
func GC() {
	rtGC()
	rtGosched()
}

// KeepAlive marks its argument as reachable at this point of the program.
//
//go:noinline
func KeepAlive(x any) {}

// finalizerStarted is set once the goroutine that runs finalizers exists.
var (
	finalizerLock    uint32
	finalizerStarted bool
)

// SetFinalizer sets the function that is called with obj, a pointer to a heap object, on a goroutine of its own some time after obj has
// become unreachable; a nil finalizer clears it. It throws, as Go does, if the arguments do not fit each other.
func SetFinalizer(obj any, finalizer any) {
	o := efaceOf(&obj)
	if o._type == nil {
		throw("runtime.SetFinalizer: first argument is nil")
	}
	if o._type.Kind() != abi.Pointer {
		throw("runtime.SetFinalizer: first argument is " + typeString(o._type) + ", not pointer")
	}
	if o.data == nil {
		throw("nil elem type!")
	}
	f := efaceOf(&finalizer)
	if f._type == nil {
		rtSetFinalizer(o.data, nil)
		return
	}
	if f._type.Kind() != abi.Func {
		throw("runtime.SetFinalizer: second argument is " + typeString(f._type) + ", not a function")
	}
	ft := (*abi.FuncType)(unsafe.Pointer(f._type))
	if ft.IsVariadic() {
		throw("runtime.SetFinalizer: cannot pass " + typeString(o._type) + " to finalizer " + typeString(f._type) + " because dotdotdot")
	}
	if ft.InCount != 1 {
		throw("runtime.SetFinalizer: cannot pass " + typeString(o._type) + " to finalizer " + typeString(f._type))
	}
	in := ft.InSlice()[0]
	call := finalizerCall(ft, in, o, f.data)
	if call == nil {
		throw("runtime.SetFinalizer: cannot pass " + typeString(o._type) + " to finalizer " + typeString(f._type))
	}
	startFinalizers()
	// Finalizers of static data never run.
	if rtSetFinalizer(o.data, &attachedCall{function: call}) != 0 && uintptr(o.data) >= uintptr(module().heapStart) {
		throw("runtime.SetFinalizer: pointer not at beginning of allocated block")
	}
}

// attachedCall is what the collector holds of a finalizer or a cleanup. While a finalizer's object is alive, argument is nil, lest it keep
// the object so; the collector sets it to the object when it queues the call, which keeps the object until the call is made.
type attachedCall struct {
	function func(unsafe.Pointer)
	argument unsafe.Pointer
}

// finalizerCall makes the closure that passes the object to the finalizer fn, whose parameter has type in. Pointers to objects of any
// type are passed alike, so one function type serves all of them; interfaces need their table.
func finalizerCall(ft *abi.FuncType, in *_type, o *eface, fn unsafe.Pointer) func(unsafe.Pointer) {
	if ft.NumOut() > 0 {
		word, ok := finalizerWord(in, o)
		if !ok {
			return nil
		}
		return func(p unsafe.Pointer) { callFinalizer(ft, fn, word, p) }
	}
	switch in.Kind() {
	case abi.Pointer:
		if in != o._type {
			it := (*abi.PtrType)(unsafe.Pointer(in))
			ot := (*abi.PtrType)(unsafe.Pointer(o._type))
			if it.Elem != ot.Elem || in.Uncommon() != nil && o._type.Uncommon() != nil {
				return nil
			}
		}
		return *(*func(unsafe.Pointer))(unsafe.Pointer(&fn))
	case abi.UnsafePointer:
		return nil
	case abi.Interface:
		it := (*abi.InterfaceType)(unsafe.Pointer(in))
		if len(it.Methods) == 0 {
			f := *(*func(eface))(unsafe.Pointer(&fn))
			t := o._type
			return func(p unsafe.Pointer) { f(eface{t, p}) }
		}
		tab := assertE2I2(it, o._type)
		if tab == nil {
			return nil
		}
		f := *(*func(iface))(unsafe.Pointer(&fn))
		return func(p unsafe.Pointer) { f(iface{tab, p}) }
	}
	return nil
}

// finalizerWord is the word that stands before the object where a finalizer takes an interface, nil where it takes a pointer.
func finalizerWord(in *_type, o *eface) (word unsafe.Pointer, ok bool) {
	switch in.Kind() {
	case abi.Pointer:
		return nil, in == o._type || (*abi.PtrType)(unsafe.Pointer(in)).Elem == (*abi.PtrType)(unsafe.Pointer(o._type)).Elem
	case abi.Interface:
		it := (*abi.InterfaceType)(unsafe.Pointer(in))
		if len(it.Methods) == 0 {
			return unsafe.Pointer(o._type), true
		}
		tab := assertE2I2(it, o._type)
		return unsafe.Pointer(tab), tab != nil
	}
	return nil, false
}

// callRecord is what the compiler emits for the wasm signature of a function type (lowering's reflection); the address of a record is the
// func value of code that calls functions of that signature.
type callRecord struct {
	code, stub      uintptr
	params, results uint32
}

// callFinalizer calls a finalizer with results, which are dropped.
func callFinalizer(ft *abi.FuncType, fn, word, object unsafe.Pointer) {
	record := (*callRecord)(unsafe.Pointer(uintptr(*(*uint32)(add(unsafe.Pointer(ft), unsafe.Sizeof(*ft)-4)))))
	n := int(record.params + record.results)
	words, pointers := make([]uint64, n), make([]unsafe.Pointer, n)
	scalars := 1
	if word != nil {
		pointers[0] = word
		scalars = 2
	}
	pointers[scalars-1] = object
	// Addresses for results in memory follow.
	var largest *_type
	for _, out := range ft.OutSlice() {
		if largest == nil || out.Size_ > largest.Size_ {
			largest = out
		}
	}
	for i := scalars; i < int(record.params); i++ {
		pointers[i] = mallocgc(largest.Size_, nil)
	}
	(*(*func(fn, first unsafe.Pointer, words *uint64, pointers *unsafe.Pointer))(unsafe.Pointer(&record)))(fn, fn, &words[0], &pointers[0])
}

func startFinalizers() {
	lock(&finalizerLock)
	start := !finalizerStarted
	finalizerStarted = true
	unlock(&finalizerLock)
	if start {
		rtGoSystem(finalizerLoop)
	}
}

// finalizerLoop is a goroutine of the runtime's own.
func finalizerLoop() {
	for {
		ordered = rtNextFinalizer()
		if ordered.argument != nil {
			runFinalizers()
		} else {
			runCleanups()
		}
	}
}

// ordered is the call that the goroutine of finalizers makes. It is no parameter, because programs look for "runtime.runFinalizers()" in tracebacks.
var ordered *attachedCall

// runFinalizers and runCleanups stand in tracebacks below functions of the program that the collector ordered.
//
//go:noinline
func runFinalizers() {
	call := ordered
	ordered = nil
	call.function(call.argument)
}

//go:noinline
func runCleanups() {
	call := ordered
	ordered = nil
	call.function(nil)
}

// heapObjectsCanMove is asked by packages that keep addresses as numbers.
//
//go:linkname heapObjectsCanMove
func heapObjectsCanMove() bool { return false }
