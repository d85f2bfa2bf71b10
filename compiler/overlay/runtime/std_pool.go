package runtime

import _ "unsafe" // for linkname

// What package sync asks of the runtime for its pools.

// poolCleanup empties the pools of package sync. It runs with the world stopped before each collection; the variable keeps it alive.
var poolCleanup func()

//go:linkname sync_runtime_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_runtime_registerPoolCleanup(f func()) {
	poolCleanup = f
	rtBeforeCollection(f)
}
