package runtime

import "unsafe"

// Coroutines for package iter: a coro always holds one waiting goroutine, with which the caller of coroswitch changes places.

// coro begins with what the Rust runtime keeps there (runtime/src/coroutine.rs).
type coro struct {
	goroutine uint64
	thread    uint32
	locks     uint32
}

//go:linkname rtCoroNew rt.coro_new
func rtCoroNew(c *coro, closure unsafe.Pointer)

//go:linkname rtCoroSwitch rt.coro_switch
func rtCoroSwitch(c *coro)

//go:linkname rtCoroExit rt.coro_exit
func rtCoroExit(c *coro)

// newcoro returns a coro whose goroutine will call f when it is switched to for the first time. When f returns, or ends the goroutine,
// the goroutine that waits in the coro goes on.
func newcoro(f func(*coro)) *coro {
	c := new(coro)
	start := func() {
		defer rtCoroExit(c)
		f(c)
	}
	rtCoroNew(c, *(*unsafe.Pointer)(unsafe.Pointer(&start)))
	return c
}

func coroswitch(c *coro) { rtCoroSwitch(c) }
