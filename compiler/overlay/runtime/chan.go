package runtime

import (
	"internal/abi"
	"unsafe"
)

// Channels: making them, and sending, receiving and select in front of the Rust runtime, which has the queues.

// hchan is a channel, made by the Rust runtime. Its first two words are the length and the capacity.
type hchan struct {
	length   uint64
	capacity uint64
	buffer   unsafe.Pointer
	private  [32]byte
	timer    *timeTimer
}

// scase is one case of a select statement.
type scase struct {
	c    *hchan
	elem unsafe.Pointer
}

// Statuses of the channel entries.
const (
	chanDone       = 0
	chanTimer      = 1
	chanClosed     = 2
	chanNil        = 3
	chanWouldBlock = 3
	chanForeign    = 5 // it belongs to a bubble that the goroutine is not in; odd like chanTimer: one test finds both
)

func makechan(t *abi.ChanType, size int) *hchan {
	elem := t.Elem
	if size < 0 || elem.Size_ != 0 && uintptr(size) > (maxAllocObject-4096)/elem.Size_ {
		panic(plainError("makechan: size out of range"))
	}
	return (*hchan)(rtChanMake(elem, uint32(elem.Size_), int64(size)))
}

func panicSendClosed() { panic(plainError("send on closed channel")) }

// refuseSend ends a send that came to neither success nor a full channel.
func refuseSend(status int32) {
	if status == chanForeign {
		fatal("send on synctest channel from outside bubble")
	}
	panicSendClosed()
}

func refuseReceive() { fatal("receive on synctest channel from outside bubble") }

func chansend1(c *hchan, elem unsafe.Pointer) {
	if status := rtChanSend(c, elem); status != chanDone {
		refuseSend(status)
	}
}

func chanrecv1(c *hchan, elem unsafe.Pointer) {
	if status := rtChanRecv(c, elem); status&1 != 0 {
		receiveTime(c, elem, status)
	}
}

func chanrecv2(c *hchan, elem unsafe.Pointer) bool {
	status := rtChanRecv(c, elem)
	if status&1 != 0 {
		receiveTime(c, elem, status)
		return true
	}
	return status == chanDone
}

// receiveTime receives from the channel of a timer that is due, or refuses to.
//
//go:noinline
func receiveTime(c *hchan, elem unsafe.Pointer, status int32) {
	if status == chanForeign {
		refuseReceive()
	}
	for {
		fireTimer(c)
		if rtChanRecv(c, elem) != chanTimer {
			return
		}
	}
}

// selectnbsend is select with one send and a default.
func selectnbsend(c *hchan, elem unsafe.Pointer) bool {
	status := rtChanTrySend(c, elem)
	if status == chanClosed || status == chanForeign {
		refuseSend(status)
	}
	return status == chanDone
}

// selectnbrecv is select with one receive and a default.
func selectnbrecv(elem unsafe.Pointer, c *hchan) (selected, received bool) {
	status := rtChanTryRecv(c, elem)
	for status == chanTimer {
		fireTimer(c)
		status = rtChanTryRecv(c, elem)
	}
	if status == chanForeign {
		refuseReceive()
	}
	return status != chanWouldBlock, status == chanDone
}

func closechan(c *hchan) {
	switch rtChanClose(c) {
	case chanClosed:
		panic(plainError("close of closed channel"))
	case chanNil:
		panic(plainError("close of nil channel"))
	case chanForeign:
		fatal("close of synctest channel from outside bubble")
	}
}

// selectForeign says that a channel of a select belongs to a bubble that the goroutine is not in.
const selectForeign = -3

// selectgo runs a select statement over sends followed by receives. Its results: which case was taken and, for a receive,
// whether a value came. The index is -1 if nothing is ready and block is unset.
func selectgo(cases *scase, sends, receives int, block bool) (int, bool) {
	wait := int32(0)
	if block {
		wait = 1
	}
	r := rtSelect(cases, int32(sends), int32(receives), wait)
	for r >= 0 && r&3 == chanTimer {
		fireTimer((*scase)(add(unsafe.Pointer(cases), uintptr(r>>2)*unsafe.Sizeof(scase{}))).c)
		r = rtSelect(cases, int32(sends), int32(receives), wait)
	}
	if r == selectForeign {
		fatal("select on synctest channel from outside bubble")
	}
	if r < 0 {
		return -1, false
	}
	switch r & 3 {
	case 3:
		panicSendClosed()
	case chanClosed:
		return int(r >> 2), false
	}
	return int(r >> 2), true
}

// block waits forever.
func block() { rtSelect(nil, 0, 0, 1) }
