package runtime

import (
	"internal/abi"
	"unsafe"
)

// Entry points of the Rust runtime. Meanings and statuses are documented in the contract crate, abi/src/entry.rs.

//go:linkname rtAlloc rt.alloc
func rtAlloc(size uint32, typ *_type, flags uint32) unsafe.Pointer

//go:linkname rtRoundSize rt.round_size
func rtRoundSize(size uint64, noscan uint32) uint64

//go:linkname rtGC rt.gc
func rtGC()

//go:linkname rtBeforeCollection rt.before_collection
func rtBeforeCollection(call func())

//go:linkname rtMemStats rt.mem_stats
func rtMemStats(out unsafe.Pointer)

//go:linkname rtSetFinalizer rt.set_finalizer
func rtSetFinalizer(object unsafe.Pointer, call *attachedCall) int32

//go:linkname rtAddCleanup rt.add_cleanup
func rtAddCleanup(object unsafe.Pointer, call *attachedCall) uint64

//go:linkname rtStopCleanup rt.stop_cleanup
func rtStopCleanup(object uint64, id uint64)

//go:linkname rtWeakHandle rt.weak_handle
func rtWeakHandle(object unsafe.Pointer, fresh unsafe.Pointer) unsafe.Pointer

//go:linkname rtGCPercent rt.gc_percent
func rtGCPercent(percent int32) int32

//go:linkname rtMemoryLimit rt.memory_limit
func rtMemoryLimit(limit int64) int64

//go:linkname rtNextFinalizer rt.next_finalizer
func rtNextFinalizer() *attachedCall

//go:linkname rtFinalizersIdle rt.finalizers_idle
func rtFinalizersIdle() bool

//go:linkname rtGo rt.go
func rtGo(fn, at unsafe.Pointer)

//go:linkname rtGoSystem rt.go_system
func rtGoSystem(fn func())

//go:linkname rtGosched rt.gosched
func rtGosched()

//go:linkname rtGoexit rt.goexit
func rtGoexit()

//go:linkname rtGoid rt.goid
func rtGoid() int64

//go:linkname rtNumGoroutine rt.num_goroutine
func rtNumGoroutine() int32

//go:linkname rtGomaxprocs rt.gomaxprocs
func rtGomaxprocs(n int32) int32

//go:linkname rtNumCPU rt.num_cpu
func rtNumCPU() int32

//go:linkname rtLockThread rt.lock_thread
func rtLockThread()

//go:linkname rtUnlockThread rt.unlock_thread
func rtUnlockThread()

//go:linkname rtMainDone rt.main_done
func rtMainDone()

//go:linkname rtExit rt.exit
func rtExit(code int32)

//go:linkname rtSleep rt.sleep
func rtSleep(ns int64) int32

//go:linkname rtBubble rt.bubble
func rtBubble() unsafe.Pointer

//go:linkname rtBubbleID rt.bubble_id
func rtBubbleID() uint32

//go:linkname rtBubbleNow rt.bubble_now
func rtBubbleNow() int64

//go:linkname rtBubbleBegin rt.bubble_begin
func rtBubbleBegin() unsafe.Pointer

//go:linkname rtBubbleRun rt.bubble_run
func rtBubbleRun() int32

//go:linkname rtBubbleEnd rt.bubble_end
func rtBubbleEnd()

//go:linkname rtBubbleWait rt.bubble_wait
func rtBubbleWait() int32

//go:linkname rtBubbleHold rt.bubble_hold
func rtBubbleHold(bubble unsafe.Pointer, holds uint32)

//go:linkname rtBubbleEnter rt.bubble_enter
func rtBubbleEnter(bubble unsafe.Pointer)

//go:linkname rtTimerBind rt.timer_bind
func rtTimerBind(c *hchan, t *timeTimer)

//go:linkname rtTimerReset rt.timer_reset
func rtTimerReset(t *timeTimer, when, period int64) bool

//go:linkname rtTimerStop rt.timer_stop
func rtTimerStop(t *timeTimer) bool

//go:linkname rtTimerClaim rt.timer_claim
func rtTimerClaim(c *hchan) int64

//go:linkname rtSemAcquire rt.sem_acquire
func rtSemAcquire(addr *uint32, lifo, purpose uint32) int32

//go:linkname rtSemRelease rt.sem_release
func rtSemRelease(addr *uint32, handoff uint32) int32

//go:linkname rtNotifyWait rt.notify_wait
func rtNotifyWait(l *notifyList, ticket uint32) int32

//go:linkname rtNotifyAll rt.notify_all
func rtNotifyAll(l *notifyList) uint64

//go:linkname rtNotifyOne rt.notify_one
func rtNotifyOne(l *notifyList) uint64

//go:linkname rtPollWait rt.poll_wait
func rtPollWait(fd, mode uint32, s *polledSide, sequence uint32, deadline int64) int32

//go:linkname rtPollWake rt.poll_wake
func rtPollWake(s *polledSide)

//go:linkname rtPollByMachine rt.poll_by_machine
func rtPollByMachine() bool

//go:linkname rtPollQuestion rt.poll_question
func rtPollQuestion(out unsafe.Pointer) int32

//go:linkname rtPollAnswer rt.poll_answer
func rtPollAnswer(errno, happened uint32)

//go:linkname rtPin rt.pin
func rtPin() uint32

//go:linkname rtUnpin rt.unpin
func rtUnpin()

//go:linkname rtCanSpin rt.can_spin
func rtCanSpin() bool

//go:linkname rtChanMake rt.chan_make
func rtChanMake(elem *_type, size uint32, capacity int64) unsafe.Pointer

//go:linkname rtChanSend rt.chan_send
func rtChanSend(c *hchan, elem unsafe.Pointer) int32

//go:linkname rtChanRecv rt.chan_recv
func rtChanRecv(c *hchan, elem unsafe.Pointer) int32

//go:linkname rtChanTrySend rt.chan_try_send
func rtChanTrySend(c *hchan, elem unsafe.Pointer) int32

//go:linkname rtChanTryRecv rt.chan_try_recv
func rtChanTryRecv(c *hchan, elem unsafe.Pointer) int32

//go:linkname rtChanClose rt.chan_close
func rtChanClose(c *hchan) int32

//go:linkname rtSelect rt.select
func rtSelect(cases *scase, sends, receives, block int32) int32

//go:linkname rtGopanic rt.gopanic
func rtGopanic(typ *_type, data unsafe.Pointer)

//go:linkname rtRecover rt.recover
func rtRecover(deferred bool, out *any)

//go:linkname rtPanicCount rt.panic_count
func rtPanicCount() int32

//go:linkname rtThrow rt.throw
func rtThrow(text *byte, n int64)

//go:linkname rtFatal rt.fatal
func rtFatal(text *byte, n int64)

//go:linkname rtCallers rt.callers
func rtCallers(skip int32, out *uintptr, n int32) int32

//go:linkname rtFrameInfo rt.frame_info
func rtFrameInfo(pc uintptr, out *frameInfo) int32

//go:linkname rtFuncEntry rt.func_entry
func rtFuncEntry(f *Func) int64

//go:linkname rtStackText rt.stack_text
func rtStackText(buf *byte, n int64, all bool) int32

//go:linkname rtPrintBegin rt.print_begin
func rtPrintBegin()

//go:linkname rtPrintEnd rt.print_end
func rtPrintEnd()

//go:linkname rtPrintString rt.print_string
func rtPrintString(p *byte, n int64)

//go:linkname rtPrintInt rt.print_int
func rtPrintInt(v int64)

//go:linkname rtPrintUint rt.print_uint
func rtPrintUint(v uint64)

//go:linkname rtPrintHex rt.print_hex
func rtPrintHex(v uint64)

//go:linkname rtPrintBool rt.print_bool
func rtPrintBool(v bool)

//go:linkname rtMemequal rt.memequal
func rtMemequal(p, q unsafe.Pointer, n uint32) bool

//go:linkname rtCompare rt.compare
func rtCompare(p *byte, pn int64, q *byte, qn int64) int32

//go:linkname rtIndexByte rt.index_byte
func rtIndexByte(p *byte, n int64, c uint32) int64

//go:linkname rtIndexText rt.index_text
func rtIndexText(p *byte, n int64, q *byte, qn int64) int64

//go:linkname rtCountByte rt.count_byte
func rtCountByte(p *byte, n int64, c uint32) int64

//go:linkname rtNanotime rt.nanotime
func rtNanotime() int64

//go:linkname rtWalltime rt.walltime
func rtWalltime(out *[2]int64)

//go:linkname rtRand rt.rand
func rtRand() uint64

//go:linkname rtModuleInfo rt.module_info
func rtModuleInfo() unsafe.Pointer

//go:linkname rtEnv rt.env
func rtEnv(name *byte, n int64, out *string) int32

//go:linkname rtWrite rt.write
func rtWrite(fd int32, p unsafe.Pointer, n int32) int32

// _type is a type descriptor.
type _type = abi.Type

type itab = abi.ITab

// eface and iface are the memory layouts of interface values without and with methods.
type eface struct {
	_type *_type
	data  unsafe.Pointer
}

type iface struct {
	tab  *itab
	data unsafe.Pointer
}

// slice is the memory layout of a slice.
type slice struct {
	array unsafe.Pointer
	len   int
	cap   int
}

type stringHeader struct {
	str unsafe.Pointer
	len int
}

func efaceOf(p *any) *eface { return (*eface)(unsafe.Pointer(p)) }

func add(p unsafe.Pointer, n uintptr) unsafe.Pointer { return unsafe.Add(p, n) }

// zeroVal is what a lookup of an absent map key points to.
//
//go:linkname zeroVal
var zeroVal [abi.ZeroValSize]byte

// throw ends the program with a fatal error of the runtime's own.
func throw(s string) { rtThrow(unsafe.StringData(s), int64(len(s))) }
