package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Locks of this package itself, which cannot use those of package sync.

// lock and unlock guard short sections of the Go part of the runtime. The holder may be preempted or collected in between, so waiters
// yield to the scheduler.
func lock(l *uint32) {
	for !atomic.Cas(l, 0, 1) {
		rtGosched()
	}
}

func unlock(l *uint32) { atomic.Store(l, 0) }

func atomicLoadPointer(p unsafe.Pointer) unsafe.Pointer { return atomic.Loadp(p) }

func atomicStorePointer(p unsafe.Pointer, v unsafe.Pointer) { atomic.StorepNoWB(p, v) }
