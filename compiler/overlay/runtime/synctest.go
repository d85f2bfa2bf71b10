package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// What package internal/synctest asks. Bubbles are kept by the Rust runtime (runtime/src/sched/bubble.rs); here are the errors of their users, and
// which objects belong to a bubble.
//
// An object that belongs to a bubble has a weak handle, whose second word is the bubble's number: the handle lives as long as the object.

// Statuses of rtBubbleRun and rtBubbleWait.
const (
	bubbleAllBlocked = 1
	bubbleSomeLeft   = 2

	bubbleNone       = 1
	bubbleOtherWaits = 2
)

// What an object may be to the bubble of the goroutine that asks, as package internal/synctest counts.
const (
	unbubbled = iota
	inCurrentBubble
	inOtherBubble
)

//go:linkname synctest_isInBubble internal/synctest.IsInBubble
func synctest_isInBubble() bool { return rtBubble() != nil }

// synctestDeadlockError is what Run panics with when goroutines of its bubble are blocked for ever.
type synctestDeadlockError struct {
	reason string
	bubble uint32
}

func (e synctestDeadlockError) Error() string { return e.reason }

//go:linkname synctest_run internal/synctest.Run
func synctest_run(f func()) {
	if rtBubble() != nil {
		panic("synctest.Run called from within a synctest bubble")
	}
	rtBubbleBegin()
	defer rtBubbleEnd()
	id := rtBubbleID()
	go f()
	switch rtBubbleRun() {
	case bubbleAllBlocked:
		panic(synctestDeadlockError{"deadlock: all goroutines in bubble are blocked", id})
	case bubbleSomeLeft:
		panic(synctestDeadlockError{"deadlock: main bubble goroutine has exited but blocked goroutines remain", id})
	}
}

//go:linkname synctest_wait internal/synctest.Wait
func synctest_wait() {
	switch rtBubbleWait() {
	case bubbleNone:
		panic("goroutine is not in a bubble")
	case bubbleOtherWaits:
		panic("wait already in progress")
	}
}

// association is the weak handle of an object, with the number of the bubble it belongs to.
type association struct {
	object uint64
	bubble uint64
}

func associationOf(p unsafe.Pointer) *association {
	return (*association)(rtWeakHandle(p, unsafe.Pointer(new(association))))
}

// synctest_associate makes p an object of the goroutine's bubble unless it belongs to one. Variables of packages belong to none.
//
//go:linkname synctest_associate internal/synctest.associate
func synctest_associate(p unsafe.Pointer) int {
	a := associationOf(p)
	if a != associationOf(p) {
		return unbubbled
	}
	id := uint64(rtBubbleID())
	if atomic.Cas64(&a.bubble, 0, id) || a.bubble == id {
		return inCurrentBubble
	}
	return inOtherBubble
}

//go:linkname synctest_disassociate internal/synctest.disassociate
func synctest_disassociate(p unsafe.Pointer) { atomic.Store64(&associationOf(p).bubble, 0) }

//go:linkname synctest_isAssociated internal/synctest.isAssociated
func synctest_isAssociated(p unsafe.Pointer) bool {
	id := uint64(rtBubbleID())
	return id != 0 && associationOf(p).bubble == id
}

// bubbleReference is what an acquired bubble is to package internal/synctest.
type bubbleReference struct{ bubble unsafe.Pointer }

//go:linkname synctest_acquire internal/synctest.acquire
func synctest_acquire() any {
	b := rtBubble()
	if b == nil {
		return nil
	}
	rtBubbleHold(b, 1)
	return bubbleReference{b}
}

//go:linkname synctest_release internal/synctest.release
func synctest_release(bubble any) { rtBubbleHold(bubble.(bubbleReference).bubble, 0) }

//go:linkname synctest_inBubble internal/synctest.inBubble
func synctest_inBubble(bubble any, f func()) {
	if rtBubble() != nil {
		panic("goroutine is already bubbled")
	}
	rtBubbleEnter(bubble.(bubbleReference).bubble)
	defer rtBubbleEnter(nil)
	f()
}
