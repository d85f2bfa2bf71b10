package runtime

import (
	"internal/goarch"
	"internal/goos"
	"internal/runtime/atomic"
	"unsafe"
)

// How a program starts, and the functions by which it reaches the scheduler.

// Compiler names the toolchain. Programs and build constraints know "gc" and "gccgo"; the layouts here are those of gc.
const Compiler = "gc"

// GOOS is the operating system that the program was compiled for.
const GOOS string = goos.GOOS

// GOARCH is the processor architecture that the program was compiled for.
const GOARCH string = goarch.GOARCH

// runInits runs the initializers of all packages in dependency order; the compiler makes it.
//
//go:linkname runInits go:init
func runInits()

//go:linkname main_main main.main
func main_main()

// main is what the main goroutine runs.
func main() {
	runInits()
	main_main()
	// A panic of another goroutine is about to end the program with a traceback: that goes first.
	for i := 0; i < 1000 && rtPanicCount() != 0; i++ {
		rtGosched()
	}
	for atomic.Load(&panicking) != 0 {
		rtGosched()
	}
	rtMainDone()
}

// newproc starts a goroutine that calls the closure fn. The go statement is described at at.
func newproc(fn, at unsafe.Pointer) {
	if fn == nil {
		fatal("go of nil func value")
	}
	rtGo(fn, at)
}

// Gosched lets other goroutines have the processor for a while.
func Gosched() { rtGosched() }

// Goexit terminates the goroutine that calls it, after running its deferred calls.
func Goexit() { rtGoexit() }

func goexit() { rtGoexit() }

// NumGoroutine counts the goroutines that have not ended.
func NumGoroutine() int { return int(rtNumGoroutine()) }

// NumCPU is the number of processors that the host offered when the program started.
func NumCPU() int { return int(rtNumCPU()) }

// NumCgoCall counts calls of C functions, of which there are none.
func NumCgoCall() int64 { return 0 }

// GOMAXPROCS limits the threads that run Go code at once, and says what the limit was. A number below 1 changes nothing.
func GOMAXPROCS(n int) int {
	if n > 1<<16 {
		n = 1 << 16
	}
	if n < 1 {
		n = 0
	}
	return int(rtGomaxprocs(int32(n)))
}

// LockOSThread binds the calling goroutine to the thread that runs it.
func LockOSThread() { rtLockThread() }

// UnlockOSThread undoes an earlier call of LockOSThread.
func UnlockOSThread() { rtUnlockThread() }

// Breakpoint executes a breakpoint trap. No debugger can be attached to wait for it, so that the program ends as with Go without one.
//
//go:noinline
func Breakpoint() { trap() }

// abort ends the program where nothing else is left to do; no deferred call runs. Tests reach it by its link name.
//
//go:noinline
//go:linkname abort
func abort() { trap() }

// trap ends the program as one that nobody handles, with the words Go has for it.
func trap() {
	var pc uintptr
	rtCallers(1, &pc, 1)
	printlock()
	printstring("SIGTRAP: trace trap\nPC=")
	printhex(uint64(pc))
	printstring(" m=0 sigcode=0\n")
	printunlock()
	rtPanicExit(0)
}

// GOROOT is where the Go tree lies: what the environment says, or else where the tree was that the program was built with.
func GOROOT() string {
	if s := getenv("GOROOT"); s != "" {
		return s
	}
	return defaultGOROOT
}

// defaultGOROOT is set by the compiler.
var defaultGOROOT string

// Version returns the Go release whose standard library the program was built with.
func Version() string { return buildVersion }

// buildVersion is set by the compiler through its link name.
//
//go:linkname buildVersion runtime.buildVersion
var buildVersion string

func gopanic(v any) {
	e := efaceOf(&v)
	if e._type == nil && !allowsNilPanic() {
		var nilError any = new(PanicNilError)
		e = efaceOf(&nilError)
	}
	rtGopanic(e._type, e.data)
}

// nilPanics counts panics with a nil value that the setting panicnil has allowed.
var nilPanics uint64

// allowsNilPanic says whether GODEBUG has panicnil=1, as it was the rule in Go before 1.21.
func allowsNilPanic() bool {
	if godebugSetting("panicnil=") != "1" {
		return false
	}
	atomic.Xadd64(&nilPanics, 1)
	return true
}

func gorecover(deferred bool) (v any) {
	rtRecover(deferred, &v)
	return
}

//go:linkname atomic_casPointer internal/runtime/atomic.casPointer
func atomic_casPointer(ptr *unsafe.Pointer, old, new unsafe.Pointer) bool {
	return atomic.Casp1(ptr, old, new)
}

//go:linkname atomic_storePointer internal/runtime/atomic.storePointer
func atomic_storePointer(ptr *unsafe.Pointer, new unsafe.Pointer) {
	atomic.StorepNoWB(unsafe.Pointer(ptr), new)
}
