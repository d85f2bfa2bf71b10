// Names that tests of package runtime use for parts of Go's own runtime which this one does not have. What calls them ends with an error that
// says so; the tests around it can be built.
package runtime

import "unsafe"

func absent(name string) { panic(plainError("runtime." + name + " is no part of this runtime")) }

// The run queues, spinning and polling of Go's scheduler: the Rust runtime has its own, and tests of them.

func RunSchedLocalQueueTest()      { absent("RunSchedLocalQueueTest") }
func RunSchedLocalQueueStealTest() { absent("RunSchedLocalQueueStealTest") }
func RunSchedLocalQueueEmptyTest(int) {
	absent("RunSchedLocalQueueEmptyTest")
}
func RunStealOrderTest()  { absent("RunStealOrderTest") }
func Netpoll(int64)       { absent("Netpoll") }
func NetpollBreak()       { absent("NetpollBreak") }
func NetpollGenericInit() { absent("NetpollGenericInit") }
func MutexContended(*Mutex) bool {
	absent("MutexContended")
	return false
}

// LockOSCounts would tell locks of the program from those of the runtime.
func LockOSCounts() (external, internal uint32) {
	absent("LockOSCounts")
	return
}

// The heap of Go's runtime: spans, the free list of pages, the scavenger, arenas; assists and phases of its collector.

type MSpan struct{}

func AllocMSpan() *MSpan {
	absent("AllocMSpan")
	return nil
}
func FreeMSpan(*MSpan) { absent("FreeMSpan") }
func MSpanCountAlloc(*MSpan, []byte) int {
	absent("MSpanCountAlloc")
	return 0
}
func CountPagesInUse() (pagesInUse, counted uintptr) {
	absent("CountPagesInUse")
	return
}
func ReadMemStatsSlow() (base, slow MemStats) {
	absent("ReadMemStatsSlow")
	return
}

var (
	DoubleCheckReadMemStats = new(bool)
	ForceGCPeriod           = new(int64)
)

func GCTestMoveStackOnNextCall()  { absent("GCTestMoveStackOnNextCall") }
func GCMarkDoneResetRestartFlag() { absent("GCMarkDoneResetRestartFlag") }
func SetSpinInGCMarkDone(bool)    { absent("SetSpinInGCMarkDone") }
func GCMarkDoneRestarted() bool {
	absent("GCMarkDoneRestarted")
	return false
}

type BitsMismatch struct {
	Base      uintptr
	Got, Want uint64
}

func CheckScavengedBitsCleared([]BitsMismatch) (n int, ok bool) {
	absent("CheckScavengedBitsCleared")
	return
}
func PageCachePagesLeaked() uintptr {
	absent("PageCachePagesLeaked")
	return 0
}
func KeepNArenaHints(int) { absent("KeepNArenaHints") }
func MapNextArenaHint() (start, end uintptr, ok bool) {
	absent("MapNextArenaHint")
	return
}
func NextArenaHint() (uintptr, bool) {
	absent("NextArenaHint")
	return 0, false
}
func Freegc(unsafe.Pointer, uintptr, bool) { absent("Freegc") }
func AssistCredit() int64 {
	absent("AssistCredit")
	return 0
}
func GcBlackenEnable() bool {
	absent("GcBlackenEnable")
	return false
}
func GetScanAlloc() uintptr {
	absent("GetScanAlloc")
	return 0
}
func GoschedIfBusy() { absent("GoschedIfBusy") }

// Rules for pointers that go to C, and the report of pinners that are forgotten.

func CgoCheckPointer(any, any) { absent("CgoCheckPointer") }
func GetPinnerLeakPanic() func() {
	absent("GetPinnerLeakPanic")
	return nil
}
func SetPinnerLeakPanic(func()) { absent("SetPinnerLeakPanic") }

// Texts.

func GostringW([]uint16) string {
	absent("GostringW")
	return ""
}

// ParseByteCount reads GOMEMLIMIT, which the Rust runtime does.
func ParseByteCount(string) (int64, bool) {
	absent("ParseByteCount")
	return 0, false
}
func FuncNamePiecesForPrint(string) (string, string, string, string, string) {
	absent("FuncNamePiecesForPrint")
	return "", "", "", "", ""
}

// CrashStackImplemented is about a stack for crashes in the stack of the system, of which there is none.
const CrashStackImplemented = false

func G0StackOverflow() { absent("G0StackOverflow") }
