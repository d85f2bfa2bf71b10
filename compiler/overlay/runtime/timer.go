package runtime

import "unsafe"

// Timers and tickers of package time. The Rust runtime keeps them; what firing one with a channel means is told there.

// timeTimer is what package time knows as a Timer or Ticker: its two fields, then the Rust runtime's, then those of this file.
type timeTimer struct {
	c    unsafe.Pointer
	init bool

	place      uint32
	when       int64
	period     int64
	channel    *hchan
	start      func()
	firing     uint64
	holdsValue uint64
	bubble     uint64

	fire func(arg any, seq uintptr, delta int64)
	arg  any
}

//go:linkname time_goFunc time.goFunc
func time_goFunc(arg any, seq uintptr, delta int64)

// newTimer makes a timer that calls fire(arg, 0, how late it is). With a channel, fire sends to it without waiting.
//
//go:linkname newTimer time.newTimer
func newTimer(when, period int64, fire func(any, uintptr, int64), arg any, c *hchan) *timeTimer {
	t := &timeTimer{init: true, fire: fire, arg: arg, bubble: currentBubble()}
	if c != nil {
		rtTimerBind(c, t)
	} else if f, ok := arg.(func()); ok && sameCode(fire, time_goFunc) {
		// The goroutine that package time would start may as well be started at once.
		t.start = f
	} else {
		t.start = func() { fire(arg, 0, 0) }
	}
	rtTimerReset(t, when, period)
	return t
}

// sameCode reports whether two functions without captured variables are the same.
func sameCode(f, g func(any, uintptr, int64)) bool {
	return **(**uintptr)(unsafe.Pointer(&f)) == **(**uintptr)(unsafe.Pointer(&g))
}

// currentBubble is the address of the goroutine's bubble, or 0.
func currentBubble() uint64 { return uint64(uintptr(rtBubble())) }

//go:linkname stopTimer time.stopTimer
func stopTimer(t *timeTimer) bool {
	if t.bubble != 0 && t.bubble != currentBubble() {
		fatal("stop of synctest timer from outside bubble")
	}
	return rtTimerStop(t)
}

//go:linkname resetTimer time.resetTimer
func resetTimer(t *timeTimer, when, period int64) bool {
	if t.bubble != 0 && t.bubble != currentBubble() {
		fatal("reset of synctest timer from outside bubble")
	}
	return rtTimerReset(t, when, period)
}

// fireTimer fires the timer of a channel if it is due.
func fireTimer(c *hchan) {
	if late := rtTimerClaim(c); late >= 0 {
		t := c.timer
		t.fire(t.arg, 0, late)
	}
}
