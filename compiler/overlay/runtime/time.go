package runtime

import _ "unsafe" // for linkname

// Clocks, and what package time asks of them.

func nanotime() int64 { return rtNanotime() }

// walltime is the time since 1970.
func walltime() (sec int64, nsec int32) {
	var t [2]int64
	rtWalltime(&t)
	return t[0], int32(t[1])
}

//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	sec, nsec = walltime()
	return sec, nsec, nanotime()
}

//go:linkname time_runtimeNow time.runtimeNow
func time_runtimeNow() (sec int64, nsec int32, mono int64) {
	if now := rtBubbleNow(); now >= 0 {
		// Without a monotonic time: it could not be compared with times from outside.
		return now / 1e9, int32(now % 1e9), 0
	}
	return time_now()
}

//go:linkname time_runtimeNano time.runtimeNano
func time_runtimeNano() int64 {
	if now := rtBubbleNow(); now >= 0 {
		return now
	}
	return nanotime()
}

//go:linkname time_runtimeIsBubbled time.runtimeIsBubbled
func time_runtimeIsBubbled() bool { return rtBubble() != nil }

//go:linkname syscall_now syscall.now
func syscall_now() (sec int64, nsec int32) { return walltime() }

//go:linkname time_Sleep time.Sleep
func time_Sleep(ns int64) {
	if ns > 0 {
		rtSleep(ns)
	}
}

// haveHighResSleep says that sleeps of about a millisecond are possible.
//
//go:linkname haveHighResSleep
var haveHighResSleep = true
