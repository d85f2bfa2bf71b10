// Profiles of allocations, blocking and threads: their interface.
//
// Nothing is sampled, so every profile has no records; the rates are kept so that programs can ask for them.

package runtime

import (
	"internal/profilerecord"
	"unsafe"
)

// StackRecord describes a single execution stack.
type StackRecord struct {
	Stack0 [32]uintptr
}

// Stack returns the stack trace of the record, a prefix of Stack0.
func (r *StackRecord) Stack() []uintptr { return usedFrames(&r.Stack0) }

// MemProfileRecord describes the live objects allocated by a particular call sequence.
type MemProfileRecord struct {
	AllocBytes, FreeBytes     int64
	AllocObjects, FreeObjects int64
	Stack0                    [32]uintptr
}

// InUseBytes returns the number of bytes in use.
func (r *MemProfileRecord) InUseBytes() int64 { return r.AllocBytes - r.FreeBytes }

// InUseObjects returns the number of objects in use.
func (r *MemProfileRecord) InUseObjects() int64 { return r.AllocObjects - r.FreeObjects }

// Stack returns the stack trace of the record, a prefix of Stack0.
func (r *MemProfileRecord) Stack() []uintptr { return usedFrames(&r.Stack0) }

// BlockProfileRecord describes blocking events at a particular call sequence.
type BlockProfileRecord struct {
	Count  int64
	Cycles int64
	StackRecord
}

func usedFrames(stack *[32]uintptr) []uintptr {
	for i, pc := range stack {
		if pc == 0 {
			return stack[:i]
		}
	}
	return stack[:]
}

// MemProfile returns a profile of memory allocated and freed.
func MemProfile(p []MemProfileRecord, inuseZero bool) (n int, ok bool) { return 0, true }

// BlockProfile returns a profile of blocking on channels and locks.
func BlockProfile(p []BlockProfileRecord) (n int, ok bool) { return 0, true }

// MutexProfile returns a profile of contended locks.
func MutexProfile(p []BlockProfileRecord) (n int, ok bool) { return 0, true }

// ThreadCreateProfile returns a profile of the creation of threads.
func ThreadCreateProfile(p []StackRecord) (n int, ok bool) { return 0, true }

var mutexProfileFraction int

// SetMutexProfileFraction controls the fraction of contention events that the mutex profile reports, and returns the previous rate.
func SetMutexProfileFraction(rate int) int {
	old := mutexProfileFraction
	if rate >= 0 {
		mutexProfileFraction = rate
	}
	return old
}

// SetBlockProfileRate controls the fraction of blocking events that the block profile reports.
func SetBlockProfileRate(rate int) {}

// pprofMemProfileInternal and its like are what package runtime/pprof calls: records with stacks of any length.
//
//go:linkname pprofMemProfileInternal runtime.pprof_memProfileInternal
func pprofMemProfileInternal(p []profilerecord.MemProfileRecord, inuseZero bool) (n int, ok bool) {
	return 0, true
}

//go:linkname pprofBlockProfileInternal runtime.pprof_blockProfileInternal
func pprofBlockProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) { return 0, true }

//go:linkname pprofMutexProfileInternal runtime.pprof_mutexProfileInternal
func pprofMutexProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) { return 0, true }

//go:linkname pprofThreadCreateInternal runtime.pprof_threadCreateInternal
func pprofThreadCreateInternal(p []profilerecord.StackRecord) (n int, ok bool) { return 0, true }

//go:linkname pprofCyclesPerSecond runtime/pprof.runtime_cyclesPerSecond
func pprofCyclesPerSecond() int64 { return 1e9 }

//go:linkname pprofFpunwindExpand runtime.pprof_fpunwindExpand
func pprofFpunwindExpand(dst, src []uintptr) int { return copy(dst, src) }

//go:linkname pprofMakeProfStack runtime.pprof_makeProfStack
func pprofMakeProfStack() []uintptr { return make([]uintptr, 128) }

// StartTrace refuses: there is no tracer.
func StartTrace() error { return plainError("tracing is not supported") }

// StopTrace stops the trace, of which there is none.
func StopTrace() {}

// ReadTrace returns the next chunk of the trace: there is none.
func ReadTrace() []byte { return nil }

//go:linkname traceAdvance runtime.traceAdvance
func traceAdvance(stopTrace bool) {}

//go:linkname traceClockNow runtime.traceClockNow
func traceClockNow() uint64 { return uint64(nanotime()) }

//go:linkname traceClockUnitsPerSecond runtime/trace.runtime_traceClockUnitsPerSecond
func traceClockUnitsPerSecond() uint64 { return 1e9 }

//go:linkname runtime_FrameStartLine runtime/pprof.runtime_FrameStartLine
func runtime_FrameStartLine(f *Frame) int { return 0 }

//go:linkname runtime_FrameSymbolName runtime/pprof.runtime_FrameSymbolName
func runtime_FrameSymbolName(f *Frame) string { return f.Function }

//go:linkname runtime_expandFinalInlineFrame runtime/pprof.runtime_expandFinalInlineFrame
func runtime_expandFinalInlineFrame(stk []uintptr) []uintptr { return stk }

//go:linkname runtime_goroutineleakcount runtime/pprof.runtime_goroutineleakcount
func runtime_goroutineleakcount() int { return 0 }

//go:linkname runtime_goroutineLeakGC runtime/pprof.runtime_goroutineLeakGC
func runtime_goroutineLeakGC() {}

//go:linkname pprofGoroutineProfileWithLabels runtime.pprof_goroutineProfileWithLabels
func pprofGoroutineProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return 0, true
}

//go:linkname pprofGoroutineLeakProfileWithLabels runtime.pprof_goroutineLeakProfileWithLabels
func pprofGoroutineLeakProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return 0, true
}

// SetCPUProfileRate asks for samples of what processors do: none are taken.
func SetCPUProfileRate(hz int) {}

//go:linkname debug_SetTraceback runtime/debug.SetTraceback
func debug_SetTraceback(level string) {}

//go:linkname pprof_readProfile runtime/pprof.readProfile
func pprof_readProfile() ([]uint64, []unsafe.Pointer, bool) { return nil, nil, true }
