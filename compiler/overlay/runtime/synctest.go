package runtime

import "unsafe"

// What package internal/synctest asks. Bubbles are not there yet: no goroutine is in one, and starting one ends the program.

//go:linkname synctest_isInBubble internal/synctest.IsInBubble
func synctest_isInBubble() bool { return false }

//go:linkname synctest_associate internal/synctest.associate
func synctest_associate(p unsafe.Pointer) int { return 0 }

//go:linkname synctest_disassociate internal/synctest.disassociate
func synctest_disassociate(p unsafe.Pointer) {}

//go:linkname synctest_isAssociated internal/synctest.isAssociated
func synctest_isAssociated(p unsafe.Pointer) bool { return false }

//go:linkname synctest_run internal/synctest.Run
func synctest_run(f func()) { fatal("testing/synctest: bubbles are not supported") }

//go:linkname synctest_wait internal/synctest.Wait
func synctest_wait() { fatal("testing/synctest: bubbles are not supported") }

//go:linkname synctest_acquire internal/synctest.acquire
func synctest_acquire() any { return nil }

//go:linkname synctest_release internal/synctest.release
func synctest_release(bubble any) {}

//go:linkname synctest_inBubble internal/synctest.inBubble
func synctest_inBubble(bubble any, f func()) { f() }
