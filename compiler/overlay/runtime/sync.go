package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// What packages sync, sync/atomic, internal/sync and internal/poll ask: sleeping on the address of a counter, notify lists for sync.Cond,
// spinning, and for sync.Pool staying on a processor and hearing of collections. Semaphores and lists are in Rust.

//go:linkname sync_runtime_Semacquire sync.runtime_Semacquire
func sync_runtime_Semacquire(s *uint32) { rtSemAcquire(s, 0, semAny) }

//go:linkname sync_runtime_SemacquireWaitGroup sync.runtime_SemacquireWaitGroup
func sync_runtime_SemacquireWaitGroup(s *uint32, synctestDurable bool) {
	if synctestDurable {
		rtSemAcquire(s, 0, semDurableWaitGroup)
	} else {
		rtSemAcquire(s, 0, semWaitGroup)
	}
}

//go:linkname sync_runtime_SemacquireRWMutex sync.runtime_SemacquireRWMutex
func sync_runtime_SemacquireRWMutex(s *uint32, lifo bool, skipframes int) {
	semacquire(s, lifo, semWrite)
}

//go:linkname sync_runtime_SemacquireRWMutexR sync.runtime_SemacquireRWMutexR
func sync_runtime_SemacquireRWMutexR(s *uint32, lifo bool, skipframes int) {
	semacquire(s, lifo, semRead)
}

//go:linkname sync_runtime_Semrelease sync.runtime_Semrelease
func sync_runtime_Semrelease(s *uint32, handoff bool, skipframes int) { semrelease(s, handoff) }

//go:linkname internal_sync_runtime_SemacquireMutex internal/sync.runtime_SemacquireMutex
func internal_sync_runtime_SemacquireMutex(s *uint32, lifo bool, skipframes int) {
	semacquire(s, lifo, semMutex)
}

//go:linkname internal_sync_runtime_Semrelease internal/sync.runtime_Semrelease
func internal_sync_runtime_Semrelease(s *uint32, handoff bool, skipframes int) {
	semrelease(s, handoff)
}

//go:linkname poll_runtime_Semacquire internal/poll.runtime_Semacquire
func poll_runtime_Semacquire(s *uint32) { rtSemAcquire(s, 0, semAny) }

//go:linkname poll_runtime_Semrelease internal/poll.runtime_Semrelease
func poll_runtime_Semrelease(s *uint32) { rtSemRelease(s, 0) }

// What a goroutine waits for, as tracebacks say it.
const (
	semAny = iota
	semMutex
	semRead
	semWrite
	semWaitGroup
	semDurableWaitGroup
)

func semacquire(s *uint32, lifo bool, purpose uint32) {
	var last uint32
	if lifo {
		last = 1
	}
	rtSemAcquire(s, last, purpose)
}

func semrelease(s *uint32, handoff bool) {
	var direct uint32
	if handoff {
		direct = 1
	}
	rtSemRelease(s, direct)
}

//go:linkname internal_sync_nanotime internal/sync.runtime_nanotime
func internal_sync_nanotime() int64 { return rtNanotime() }

//go:linkname internal_sync_throw internal/sync.throw
func internal_sync_throw(s string) { throw(s) }

//go:linkname internal_sync_fatal internal/sync.fatal
func internal_sync_fatal(s string) { fatal(s) }

//go:linkname sync_throw sync.throw
func sync_throw(s string) { throw(s) }

//go:linkname sync_fatal sync.fatal
func sync_fatal(s string) { fatal(s) }

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
		refuseNotify(rtNotifyAll(l))
	}
}

//go:linkname sync_notifyListNotifyOne sync.runtime_notifyListNotifyOne
func sync_notifyListNotifyOne(l *notifyList) {
	if atomic.Load(&l.wait) != atomic.Load(&l.notify) {
		refuseNotify(rtNotifyOne(l))
	}
}

// refuseNotify ends the program if a notification would wake a goroutine of another bubble, the one with that number.
func refuseNotify(goroutine uint64) {
	if goroutine != 0 {
		println("semaphore wake of synctest goroutine", goroutine, "from outside bubble")
		fatal("semaphore wake of synctest goroutine from outside bubble")
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

// poolCleanup empties the pools of package sync. It runs with the world stopped before each collection; the variable keeps it alive.
var poolCleanup func()

//go:linkname sync_runtime_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_runtime_registerPoolCleanup(f func()) {
	poolCleanup = f
	rtBeforeCollection(f)
}
