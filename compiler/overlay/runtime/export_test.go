// What the tests of package runtime see of this runtime. Each name here has a meaning in it; export_absent_test.go has those that have none.
package runtime

import (
	"internal/abi"
	"internal/goarch"
	"internal/runtime/maps"
	"unsafe"
)

const PtrSize = goarch.PtrSize

// Hashing.

// HashLoad is the mean number of elements per slot group of eight, at most.
const HashLoad = 7

var UseAeshash = &maps.UseAeshash

var (
	MemHash   = memhash
	MemHash32 = memhash32
	MemHash64 = memhash64
)

func StringHash(s string, seed uintptr) uintptr { return strhash(unsafe.Pointer(&s), seed) }
func BytesHash(b []byte, seed uintptr) uintptr {
	return memhash(unsafe.Pointer(unsafe.SliceData(b)), seed, uintptr(len(b)))
}
func Int32Hash(v uint32, seed uintptr) uintptr           { return memhash32(unsafe.Pointer(&v), seed) }
func Int64Hash(v uint64, seed uintptr) uintptr           { return memhash64(unsafe.Pointer(&v), seed) }
func EfaceHash(v any, seed uintptr) uintptr              { return nilinterhash(unsafe.Pointer(&v), seed) }
func IfaceHash(v interface{ F() }, seed uintptr) uintptr { return interhash(unsafe.Pointer(&v), seed) }
func ReadUnaligned64(p unsafe.Pointer) uint64            { return *(*uint64)(p) }
func Cheaprand() uint32                                  { return cheaprand() }
func Cheaprand64() int64                                 { return int64(rand()) }
func Fastrand() uint32                                   { return uint32(rand()) }
func Fastrand64() uint64                                 { return rand() }
func Fastrandn(n uint32) uint32                          { return cheaprandn(n) }

// ReadRandomFailed is about the seed that the host gives at the start; without one the program does not start.
var ReadRandomFailed = new(bool)

// Memory.

var (
	Memmove              = func(to, from unsafe.Pointer, n uintptr) { memmove(to, from, n) }
	MemclrNoHeapPointers = func(p unsafe.Pointer, n uintptr) { memclrNoHeapPointers(p, n) }
	escapes              any
)

func MemclrBytes(b []byte) {
	memclrNoHeapPointers(unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)))
}

// Escape keeps its argument off the stack.
func Escape[T any](x T) T {
	if alwaysFalse {
		escapes = x
	}
	return x
}

var alwaysFalse bool

func MallocGC(size uintptr, typ *abi.Type, needzero bool) unsafe.Pointer { return mallocgc(size, typ) }

// Acquirem keeps the goroutine on its processor, Releasem lets it go.
func Acquirem() { rtPin() }
func Releasem() { rtUnpin() }

const (
	Raceenabled                  = false
	RuntimeFreegcEnabled         = false
	SizeSpecializedMallocEnabled = false
)

func BlockUntilEmptyCleanupQueue(timeoutNs int64) bool { return blockUntilEmptyCleanupQueue(timeoutNs) }
func BlockUntilEmptyFinalizerQueue(timeoutNs int64) bool {
	return blockUntilEmptyCleanupQueue(timeoutNs)
}

// GCTestIsReachable collects and says which of the objects, by bits, only the caller keeps alive.
func GCTestIsReachable(ptrs ...unsafe.Pointer) (mask uint64) {
	handles := make([]unsafe.Pointer, len(ptrs))
	for i, p := range ptrs {
		handles[i] = weak_registerWeakPointer(p)
		ptrs[i] = nil
	}
	GC()
	for i, handle := range handles {
		if weak_makeStrongFromWeak(handle) != nil {
			mask |= 1 << i
		}
	}
	return
}

// GCTestPointerClass says where p points to. Static data is one region here, whether it begins as zeros or not.
func GCTestPointerClass(p unsafe.Pointer) string {
	if id := rtAddCleanup(p, &attachedCall{function: func(unsafe.Pointer) {}}); id != 0 {
		rtStopCleanup(uint64(uintptr(p)), id)
		return "heap"
	}
	switch address := uint32(uintptr(p)); {
	case address >= module().heapStart:
		return "stack"
	case address >= module().dataStart && address < module().dataEnd:
		return "data"
	}
	return "other"
}

func MyGenericFunc[T any]() {
	func() { _ = *new(T) }()
}

// Pinned objects.

// IsPinned says whether a Pinner holds the object. Static data stays where it is without.
func IsPinned(p unsafe.Pointer) bool {
	return uint32(uintptr(p)) < module().heapStart || pinCount(p) > 0
}

// GetPinCounter is how many times more than once the object is pinned, nil if it is not.
func GetPinCounter(p unsafe.Pointer) *uintptr {
	n := pinCount(p)
	if n < 2 {
		return nil
	}
	n--
	return &n
}

func pinCount(p unsafe.Pointer) (n uintptr) {
	lock(&pinners.lock)
	for list := range pinners.all {
		for _, q := range *list {
			if p == q {
				n++
			}
		}
	}
	unlock(&pinners.lock)
	return
}

// Locks, processors and time.

type Mutex = uint32

func Lock(l *Mutex)   { lock(l) }
func Unlock(l *Mutex) { unlock(l) }

var Nanotime = nanotime

type TimeTimer = timeTimer

func Usleep(us uint32)     { time_Sleep(int64(us) * 1000) }
func OSYield()             { Gosched() }
func ProcYield(n uint32)   { internal_sync_doSpin() }
func Semacquire(s *uint32) { semacquire(s, false) }

func Semrelease1(s *uint32, handoff bool, skip int) { semrelease(s, handoff) }

//go:linkname rtHostEnter rt.host_enter
func rtHostEnter(kind, descriptor uint32) int32

//go:linkname rtHostLeave rt.host_leave
func rtHostLeave() int32

// Entersyscall and Exitsyscall stand around a call of the host.
func Entersyscall() { rtHostEnter(0, 0) }
func Exitsyscall()  { rtHostLeave() }

// PreemptMSupported is about signals to threads.
const PreemptMSupported = false

// RunGetgThreadSwitchTest checks that a goroutine stays itself when it goes on on another thread.
func RunGetgThreadSwitchTest() {
	c := make(chan int)
	before := rtGoid()
	go func() {
		LockOSThread()
		c <- 1
	}()
	<-c
	if rtGoid() != before {
		panic("a goroutine has become another")
	}
}

// What package internal/synctest counts on.
const (
	BubbleAssocUnbubbled     = unbubbled
	BubbleAssocCurrentBubble = inCurrentBubble
	BubbleAssocOtherBubble   = inOtherBubble
)

// Tracebacks.

func Goid() uint64 { return uint64(rtGoid()) }

func SetTracebackEnv(level string) { debug_SetTraceback(level) }

const (
	TracebackInnerFrames = 50
	TracebackOuterFrames = 50
)

func FrameStartLine(f *Frame) int { return f.startLine }

// FramePointerEnabled is about unwinding by frame pointers, which wasm has not.
const FramePointerEnabled = false

func FPCallers(pcs []uintptr) int { return Callers(1, pcs) }

// StackPoisonCopyRestore belongs to a check of stacks that move. Stacks do not move here: there is nothing to poison or to restore.
type StackPoisonCopyRestore int

func StackPoisonCopy() StackPoisonCopyRestore { return 0 }

func (StackPoisonCopyRestore) Restore() {}

// ShrinkStackAndVerifyFramePointers unwinds the stack, which needs no shrinking first.
func ShrinkStackAndVerifyFramePointers() { FPCallers(make([]uintptr, 1024)) }

// TracebackSystemstack calls itself i times, and stores the program counters of the callers of the last. There is one kind of stack.
//
//go:noinline
func TracebackSystemstack(pcs []uintptr, i int) int {
	if i == 0 {
		return int(rtCallers(1, &pcs[0], int32(len(pcs))))
	}
	return TracebackSystemstack(pcs, i-1)
}

// PanicForTesting panics in the runtime's own code.
func PanicForTesting(b []byte, i int) byte { return unexportedPanicForTesting(b, i) }

//go:noinline
func unexportedPanicForTesting(b []byte, i int) byte { return b[i] }
