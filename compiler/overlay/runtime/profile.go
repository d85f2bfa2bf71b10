package runtime

import (
	"internal/profilerecord"
	"internal/runtime/atomic"
	"unsafe"
)

// Profiles: of goroutines and threads as they are; that of the heap is in memprofile.go. Others are empty, which a program that asks for one
// is told on standard error.

// emptyProfile is a kind of profile without records.
type emptyProfile struct {
	name string
	told uint32 // 1 once the program was told
}

var (
	cpuProfile           = emptyProfile{name: "CPU"}
	blockProfile         = emptyProfile{name: "block"}
	mutexProfile         = emptyProfile{name: "mutex"}
	goroutineLeakProfile = emptyProfile{name: "goroutine leak"}
)

// asked tells the program, once, that the profile it asks for stays empty.
func (p *emptyProfile) asked() {
	if atomic.Cas(&p.told, 0, 1) {
		print("runtime: ", p.name, " profiles are not supported\n")
	}
}

//go:linkname rtGoroutineProfile rt.goroutine_profile
func rtGoroutineProfile(words *unsafe.Pointer, n, depth int32) int32

//go:linkname rtThreadCount rt.thread_count
func rtThreadCount() int32

//go:linkname rtLabels rt.labels
func rtLabels() unsafe.Pointer

//go:linkname rtSetLabels rt.set_labels
func rtSetLabels(labels unsafe.Pointer)

// StackRecord describes one execution stack.
type StackRecord struct {
	Stack0 [32]uintptr // program counters, innermost first; a 0 ends them
}

// Stack returns the stack trace of the record.
func (r *StackRecord) Stack() []uintptr { return stackOf(&r.Stack0) }

func stackOf(stack *[32]uintptr) []uintptr {
	for i, pc := range stack {
		if pc == 0 {
			return stack[:i]
		}
	}
	return stack[:]
}

// BlockProfileRecord counts how often, and for how long, one call stack has waited.
type BlockProfileRecord struct {
	Count  int64
	Cycles int64
	StackRecord
}

// BlockProfile has no records: waiting is not sampled.
func BlockProfile(p []BlockProfileRecord) (n int, ok bool) { return 0, true }

// MutexProfile has no records: contention is not sampled.
func MutexProfile(p []BlockProfileRecord) (n int, ok bool) { return 0, true }

var mutexProfileRate struct {
	lock uint32
	rate int
}

// SetMutexProfileFraction stores the rate at which contention would be sampled, and returns the rate before. A negative
// rate only reads.
func SetMutexProfileFraction(rate int) int {
	if rate > 0 {
		mutexProfile.asked()
	}
	r := &mutexProfileRate
	lock(&r.lock)
	old := r.rate
	if rate >= 0 {
		r.rate = rate
	}
	unlock(&r.lock)
	return old
}

// SetBlockProfileRate has no effect: waiting is not sampled.
func SetBlockProfileRate(rate int) {
	if rate > 0 {
		blockProfile.asked()
	}
}

// blockevent hears how long a goroutine was blocked, from tests; nothing is kept of it.
//
//go:linkname blockevent
func blockevent(cycles int64, skip int) {
	if cycles > 0 {
		blockProfile.asked()
	}
}

// SetCPUProfileRate has no effect: there are no CPU samples.
func SetCPUProfileRate(hz int) {
	if hz > 0 {
		cpuProfile.asked()
	}
}

// CPUProfile panics. Deprecated: use package runtime/pprof.
func CPUProfile() []byte { panic("CPUProfile no longer available") }

// ThreadCreateProfile has a record for each thread: nothing is known of their stacks.
func ThreadCreateProfile(p []StackRecord) (n int, ok bool) { return threadRecords(p) }

func threadRecords[R any](p []R) (n int, ok bool) {
	n = int(rtThreadCount())
	if n > len(p) {
		return n, false
	}
	clear(p[:n])
	return n, true
}

// GoroutineProfile fills p with the stacks of all goroutines and returns their number; ok is false, and p as it was, if they do not fit.
func GoroutineProfile(p []StackRecord) (n int, ok bool) {
	all := goroutineStacks(len(StackRecord{}.Stack0))
	if len(all) > len(p) {
		return len(all), false
	}
	for i := range all {
		p[i] = StackRecord{}
		copy(p[i].Stack0[:], all[i].stack)
	}
	return len(all), true
}

// goroutineStack is the stack of one goroutine.
type goroutineStack struct {
	labels unsafe.Pointer
	stack  []uintptr
}

// goroutineStacks returns the stacks of all goroutines, the innermost depth frames of each. The calling goroutine's is the first.
func goroutineStacks(depth int) []goroutineStack {
	words := make([]unsafe.Pointer, 4096)
	for {
		needed := int(rtGoroutineProfile(&words[0], int32(len(words)), int32(depth)))
		if needed <= len(words) {
			break
		}
		words = make([]unsafe.Pointer, needed+needed/8)
	}
	var all []goroutineStack
	for len(words) > 1 {
		n := int(*(*uint64)(unsafe.Pointer(&words[1])))
		if n == 0 {
			break
		}
		n--
		stack := make([]uintptr, n)
		for i := range stack {
			stack[i] = *(*uintptr)(unsafe.Pointer(&words[2+i]))
		}
		all = append(all, goroutineStack{words[0], stack})
		words = words[2+n:]
	}
	return all
}

// pprofDepth is how many frames package runtime/pprof gets.
const pprofDepth = 128

func pprof_goroutineProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	all := goroutineStacks(pprofDepth)
	if len(all) > len(p) {
		return len(all), false
	}
	for i := range all {
		p[i].Stack = all[i].stack
		if i < len(labels) {
			labels[i] = all[i].labels
		}
	}
	return len(all), true
}

func pprof_goroutineLeakProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	goroutineLeakProfile.asked()
	return 0, true
}

func pprof_blockProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return 0, true
}

func pprof_mutexProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return 0, true
}

func pprof_threadCreateInternal(p []profilerecord.StackRecord) (n int, ok bool) {
	return threadRecords(p)
}

// pprof_fpunwindExpand expands what frame pointers gave; stacks have no other form than the expanded one.
func pprof_fpunwindExpand(dst, src []uintptr) int { return copy(dst, src) }

func pprof_makeProfStack() []uintptr { return make([]uintptr, pprofDepth) }

//go:linkname pprof_readProfile runtime/pprof.readProfile
func pprof_readProfile() (data []uint64, tags []unsafe.Pointer, eof bool) {
	// The header of a profile without samples.
	return []uint64{3, 0, 100}, []unsafe.Pointer{nil}, true
}

//go:linkname pprof_cyclesPerSecond runtime/pprof.runtime_cyclesPerSecond
func pprof_cyclesPerSecond() int64 { return 1e9 }

//go:linkname pprof_FrameStartLine runtime/pprof.runtime_FrameStartLine
func pprof_FrameStartLine(f *Frame) int { return f.startLine }

//go:linkname pprof_FrameSymbolName runtime/pprof.runtime_FrameSymbolName
func pprof_FrameSymbolName(f *Frame) string { return f.Function }

// pprof_expandFinalInlineFrame has nothing to do: every logical frame has a PC of its own.
//
//go:linkname pprof_expandFinalInlineFrame runtime/pprof.runtime_expandFinalInlineFrame
func pprof_expandFinalInlineFrame(stack []uintptr) []uintptr { return stack }

//go:linkname pprof_setProfLabel runtime/pprof.runtime_setProfLabel
func pprof_setProfLabel(labels unsafe.Pointer) { rtSetLabels(labels) }

//go:linkname pprof_getProfLabel runtime/pprof.runtime_getProfLabel
func pprof_getProfLabel() unsafe.Pointer { return rtLabels() }

//go:linkname pprof_goroutineleakcount runtime/pprof.runtime_goroutineleakcount
func pprof_goroutineleakcount() int { return 0 }

//go:linkname pprof_goroutineLeakGC runtime/pprof.runtime_goroutineLeakGC
func pprof_goroutineLeakGC() { rtGC() }
