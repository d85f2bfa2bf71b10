package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// What package sync asks of the scheduler beyond semaphores: notify lists for sync.Cond, and staying on a processor for sync.Pool.

// notifyList is the list of a sync.Cond, with the size and alignment package sync gives it. The Rust runtime works on it.
type notifyList struct {
	wait   uint32
	notify uint32
	lock   uintptr
	head   unsafe.Pointer
	tail   unsafe.Pointer
}

//go:linkname sync_notifyListAdd sync.runtime_notifyListAdd
func sync_notifyListAdd(l *notifyList) uint32 { return atomic.Xadd(&l.wait, 1) - 1 }

//go:linkname sync_notifyListWait sync.runtime_notifyListWait
func sync_notifyListWait(l *notifyList, ticket uint32) { rtNotifyWait(l, ticket) }

//go:linkname sync_notifyListNotifyAll sync.runtime_notifyListNotifyAll
func sync_notifyListNotifyAll(l *notifyList) {
	if atomic.Load(&l.wait) != atomic.Load(&l.notify) {
		rtNotifyAll(l)
	}
}

//go:linkname sync_notifyListNotifyOne sync.runtime_notifyListNotifyOne
func sync_notifyListNotifyOne(l *notifyList) {
	if atomic.Load(&l.wait) != atomic.Load(&l.notify) {
		rtNotifyOne(l)
	}
}

//go:linkname sync_notifyListCheck sync.runtime_notifyListCheck
func sync_notifyListCheck(size uintptr) {
	if size != unsafe.Sizeof(notifyList{}) {
		throw("bad notifyList size")
	}
}

//go:linkname sync_procPin sync.runtime_procPin
func sync_procPin() int { return int(rtPin()) }

//go:linkname sync_procUnpin sync.runtime_procUnpin
func sync_procUnpin() { rtUnpin() }

//go:linkname atomic_procPin sync/atomic.runtime_procPin
func atomic_procPin() int { return int(rtPin()) }

//go:linkname atomic_procUnpin sync/atomic.runtime_procUnpin
func atomic_procUnpin() { rtUnpin() }

// internal_sync_canSpin says whether round i of waiting actively for a mutex pays.
//
//go:linkname internal_sync_canSpin internal/sync.runtime_canSpin
func internal_sync_canSpin(i int) bool { return i < 4 && rtCanSpin() }

// internal_sync_doSpin waits for the length of a short critical section.
//
//go:linkname internal_sync_doSpin internal/sync.runtime_doSpin
func internal_sync_doSpin() {
	for range 30 {
		atomic.Load(&spinWord)
	}
}

var spinWord uint32
