package runtime

import _ "unsafe" // for linkname

// poolCleanup empties the pools. Collections that the program asks for call it.
var poolCleanup func()

//go:linkname sync_runtime_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_runtime_registerPoolCleanup(f func()) { poolCleanup = f }
