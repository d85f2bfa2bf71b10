package runtime

import (
	"internal/abi"
	"unsafe"
)

// What package runtime/debug asks for, and Pinner.

//go:linkname rtSetTraceback rt.set_traceback
func rtSetTraceback(text *byte, n int64)

//go:linkname rtSetMaxStack rt.set_max_stack
func rtSetMaxStack(bytes int64) int64

//go:linkname rtSetMaxThreads rt.set_max_threads
func rtSetMaxThreads(most int32) int32

//go:linkname debug_setGCPercent runtime/debug.setGCPercent
func debug_setGCPercent(percent int32) int32 { return rtGCPercent(percent) }

//go:linkname debug_setMemoryLimit runtime/debug.setMemoryLimit
func debug_setMemoryLimit(limit int64) int64 { return rtMemoryLimit(limit) }

// debug_freeOSMemory collects; freed pages stay with the program, for wasm memory does not shrink.
//
//go:linkname debug_freeOSMemory runtime/debug.freeOSMemory
func debug_freeOSMemory() { rtGC() }

// debug_readGCStats fills pauses with the pause times and their ends, from the latest, and three words: the last end, the number of
// collections and the sum of all pauses.
//
//go:linkname debug_readGCStats runtime/debug.readGCStats
func debug_readGCStats(pauses *[]uint64) {
	raw := readMemStatsRaw()
	n := min(int(raw.numGC), len(raw.pauses))
	p := (*pauses)[:0]
	for i := 1; i <= n; i++ {
		p = append(p, raw.pauses[(int(raw.numGC)-i)%len(raw.pauses)])
	}
	for i := 1; i <= n; i++ {
		p = append(p, raw.pauseEnds[(int(raw.numGC)-i)%len(raw.pauseEnds)])
	}
	*pauses = append(p, raw.lastGC, raw.numGC, raw.pauseTotalNs)
}

//go:linkname debug_setMaxStack runtime/debug.setMaxStack
func debug_setMaxStack(bytes int) int { return int(rtSetMaxStack(int64(bytes))) }

//go:linkname debug_setMaxThreads runtime/debug.setMaxThreads
func debug_setMaxThreads(n int) int {
	return int(rtSetMaxThreads(int32(max(0, min(n, 1<<31-1)))))
}

// panicOnFault is kept for the program, which can read it back.
var panicOnFault struct {
	lock    uint32
	enabled bool
}

// debug_setPanicOnFault has nothing to change: an access to an address that is not mapped traps in the engine, and wasm has no such
// addresses below the size of its memory.
//
//go:linkname debug_setPanicOnFault runtime/debug.setPanicOnFault
func debug_setPanicOnFault(enabled bool) bool {
	p := &panicOnFault
	lock(&p.lock)
	old := p.enabled
	p.enabled = enabled
	unlock(&p.lock)
	return old
}

//go:linkname debug_SetTraceback runtime/debug.SetTraceback
func debug_SetTraceback(level string) { rtSetTraceback(unsafe.StringData(level), int64(len(level))) }

//go:linkname debug_WriteHeapDump runtime/debug.WriteHeapDump
func debug_WriteHeapDump(fd uintptr) { panic(plainError("runtime/debug.WriteHeapDump: not supported")) }

// setCrashFD answers that there was no file for crash reports. It is asked for none: descriptors cannot be duplicated under WASI, so that
// debug.SetCrashOutput fails before it gets here.
func setCrashFD(fd uintptr) uintptr { return ^uintptr(0) }

// debug_modinfo is the build information between two markers of 16 bytes.
//
//go:linkname debug_modinfo runtime/debug.modinfo
func debug_modinfo() string {
	info := module()
	if info.buildLen == 0 {
		return ""
	}
	const marker = "0123456789abcdef"
	return marker + unsafe.String((*byte)(unsafe.Pointer(uintptr(info.buildInfo))), int(info.buildLen)) + marker
}

// SetDefaultGOMAXPROCS sets GOMAXPROCS to what it would be without a call of GOMAXPROCS: the environment's value, or the number of CPUs.
func SetDefaultGOMAXPROCS() {
	n := 0
	for _, c := range []byte(getenv("GOMAXPROCS")) {
		if c < '0' || c > '9' || n > 1<<16 {
			n = 0
			break
		}
		n = n*10 + int(c-'0')
	}
	if n == 0 {
		n = NumCPU()
	}
	GOMAXPROCS(n)
}

// SetCgoTraceback sets functions that trace C code, of which there is none.
func SetCgoTraceback(version int, traceback, context, symbolizer unsafe.Pointer) {
	if version != 0 {
		panic("unsupported version")
	}
}

// Pinner holds objects that stay where they are until Unpin. Objects never move here; a pinned object is also not freed.
type Pinner struct {
	pinned *[]unsafe.Pointer
}

// pinners keeps what is pinned reachable even if its Pinner is not.
var pinners struct {
	lock uint32
	all  map[*[]unsafe.Pointer]struct{}
}

// Pin keeps the object in its place and alive until Unpin; pointer is an unsafe.Pointer or of any pointer type.
func (p *Pinner) Pin(pointer any) {
	e := efaceOf(&pointer)
	if e._type == nil {
		panic(errorString("runtime.Pinner: argument is nil"))
	}
	if kind := e._type.Kind(); kind != abi.Pointer && kind != abi.UnsafePointer {
		panic(errorString("runtime.Pinner: argument is not a pointer: " + typeString(e._type)))
	}
	lock(&pinners.lock)
	if p.pinned == nil {
		p.pinned = new([]unsafe.Pointer)
		if pinners.all == nil {
			pinners.all = make(map[*[]unsafe.Pointer]struct{})
		}
		pinners.all[p.pinned] = struct{}{}
	}
	*p.pinned = append(*p.pinned, e.data)
	unlock(&pinners.lock)
}

// Unpin unpins all objects of the Pinner.
func (p *Pinner) Unpin() {
	lock(&pinners.lock)
	if p.pinned != nil {
		delete(pinners.all, p.pinned)
		p.pinned = nil
	}
	unlock(&pinners.lock)
}
