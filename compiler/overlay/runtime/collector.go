package runtime

import (
	"internal/abi"
	"unsafe"
)

// What the standard library asks of the collector: cleanups and weak pointers.

// Cleanup stands for one call that AddCleanup has ordered; Stop takes the order back.
type Cleanup struct {
	id  uint64
	ptr uintptr
}

// AddCleanup orders a call cleanup(arg) for when nothing refers to the object at ptr any more; the call happens on a goroutine of its
// own. Nothing happens if ptr points to static data.
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) Cleanup {
	ptr = abi.Escape(ptr)
	if ptr == nil {
		panic("runtime.AddCleanup: ptr is nil")
	}
	kind := abi.TypeOf(arg).Kind()
	if kind == abi.Pointer || kind == abi.UnsafePointer {
		// Also a pointer to a part of the object keeps all of it.
		offset := *(*uintptr)(unsafe.Pointer(&arg)) - uintptr(unsafe.Pointer(ptr))
		if offset == 0 || offset < unsafe.Sizeof(*ptr) {
			panic("runtime.AddCleanup: ptr is equal to arg, cleanup will never run")
		}
	}
	id := addCleanup(unsafe.Pointer(ptr), func(unsafe.Pointer) { cleanup(arg) })
	return Cleanup{id, uintptr(unsafe.Pointer(ptr))}
}

func addCleanup(object unsafe.Pointer, call func(unsafe.Pointer)) uint64 {
	startFinalizers()
	return rtAddCleanup(object, &attachedCall{function: call})
}

// Stop cancels the cleanup call. It has no effect if the call has already been queued for execution.
func (c Cleanup) Stop() {
	if c.id != 0 {
		rtStopCleanup(uint64(c.ptr), c.id)
	}
}

// blockUntilEmptyCleanupQueue waits until all cleanups and finalizers that are due have run, and reports whether they have before the
// time is over. Tests ask for it.
func blockUntilEmptyCleanupQueue(timeoutNs int64) bool {
	for start := nanotime(); ; Gosched() {
		lock(&finalizerLock)
		started := finalizerStarted
		unlock(&finalizerLock)
		if !started || rtFinalizersIdle() {
			return true
		}
		if nanotime()-start >= timeoutNs {
			return false
		}
	}
}

//go:linkname sync_test_blockUntilEmptyCleanupQueue sync_test.runtime_blockUntilEmptyCleanupQueue
func sync_test_blockUntilEmptyCleanupQueue(timeoutNs int64) bool {
	return blockUntilEmptyCleanupQueue(timeoutNs)
}

//go:linkname unique_blockUntilEmptyCleanupQueue unique.runtime_blockUntilEmptyCleanupQueue
func unique_blockUntilEmptyCleanupQueue(timeoutNs int64) bool {
	return blockUntilEmptyCleanupQueue(timeoutNs)
}

// staticHandles has the weak handles of pointers to static data, which never change.
var staticHandles struct {
	lock    uint32
	handles map[unsafe.Pointer]unsafe.Pointer
}

//go:linkname weak_registerWeakPointer weak.runtime_registerWeakPointer
func weak_registerWeakPointer(p unsafe.Pointer) unsafe.Pointer {
	if uintptr(p) < uintptr(module().heapStart) {
		s := &staticHandles
		lock(&s.lock)
		handle := s.handles[p]
		if handle == nil {
			if s.handles == nil {
				s.handles = make(map[unsafe.Pointer]unsafe.Pointer)
			}
			word := new(unsafe.Pointer)
			*word = p
			handle = unsafe.Pointer(word)
			s.handles[p] = handle
		}
		unlock(&s.lock)
		return handle
	}
	// 24 bytes: smaller pointerless objects may share a block with others and live as long as those.
	return rtWeakHandle(p, unsafe.Pointer(new([3]uintptr)))
}

//go:linkname weak_makeStrongFromWeak weak.runtime_makeStrongFromWeak
func weak_makeStrongFromWeak(handle unsafe.Pointer) unsafe.Pointer {
	return *(*unsafe.Pointer)(handle)
}
