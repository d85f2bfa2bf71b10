package runtime

import _ "unsafe" // for linkname

// Pinning, for sync.Pool and atomic.Value: between procPin and procUnpin no other goroutine that pins itself runs. All of them share one
// lock and the processor number 0.

var pinned uint32

func procPin() int {
	lock(&pinned)
	return 0
}

func procUnpin() { unlock(&pinned) }

//go:linkname sync_runtime_procPin sync.runtime_procPin
func sync_runtime_procPin() int { return procPin() }

//go:linkname sync_runtime_procUnpin sync.runtime_procUnpin
func sync_runtime_procUnpin() { procUnpin() }

//go:linkname sync_atomic_runtime_procPin sync/atomic.runtime_procPin
func sync_atomic_runtime_procPin() int { return procPin() }

//go:linkname sync_atomic_runtime_procUnpin sync/atomic.runtime_procUnpin
func sync_atomic_runtime_procUnpin() { procUnpin() }

// poolCleanup empties the pools. Collections that the program asks for call it.
var poolCleanup func()

//go:linkname sync_runtime_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_runtime_registerPoolCleanup(f func()) { poolCleanup = f }
