package runtime

// A PC is a call site as the compiler numbers them; pc-1 to pc-3 name the same one (abi/src/frame.rs). Inlined calls have PCs of their own.

// frameInfo is what the Rust runtime says of one frame, inlined ones included.
type frameInfo struct {
	name      string
	file      string
	line      int
	entry     uintptr
	inlined   uint64 // 1 if this call was inlined
	startLine int    // of the function's declaration
	function  *Func
}

// Frames turns the PCs of Callers into function, file and line.
type Frames struct {
	pcs []uintptr
}

// Frame is one frame of a call stack.
type Frame struct {
	// PC is the program counter of the location in this frame.
	PC uintptr
	// Func is the function of the frame, nil for inlined functions.
	Func *Func
	// Function is the name with the path of its package in front, "" if unknown.
	Function string
	// File and Line are the location in this frame.
	File string
	Line int

	// Entry is the entry point of the function, 0 if unknown.
	Entry uintptr

	startLine int // of the function's declaration
}

// Func is a function of the running program: its record in the tables that the compiler makes.
type Func struct {
	opaque struct{} // keeps the type abstract
}

// Callers fills pcs with the PCs of the calling goroutine's frames, of which it leaves out the innermost skip: 0 is Callers itself, 1 its
// caller. It returns how many it wrote.
func Callers(skip int, pcs []uintptr) int {
	if len(pcs) == 0 {
		return 0
	}
	return int(rtCallers(int32(skip), &pcs[0], int32(len(pcs))))
}

// Caller reports file and line of the caller's frame that lies skip frames above: 0 is the caller of Caller.
func Caller(skip int) (pc uintptr, file string, line int, ok bool) {
	var pcs [1]uintptr
	if rtCallers(int32(skip)+1, &pcs[0], 1) < 1 {
		return
	}
	frame, _ := CallersFrames(pcs[:]).Next()
	return frame.PC, frame.File, frame.Line, frame.PC != 0
}

// CallersFrames returns an iterator over the frames of PCs that Callers returned.
func CallersFrames(callers []uintptr) *Frames { return &Frames{pcs: callers} }

// Next returns the next frame and whether more follow. Behind the last one it returns a zero Frame.
func (f *Frames) Next() (frame Frame, more bool) {
	for len(f.pcs) > 0 {
		pc := f.pcs[0]
		f.pcs = f.pcs[1:]
		var info frameInfo
		if rtFrameInfo(pc, &info) == 0 {
			continue
		}
		frame = Frame{PC: pc - 1, Function: info.name, File: info.file, Line: info.line, Entry: info.entry, startLine: info.startLine}
		if info.inlined == 0 {
			frame.Func = info.function
		}
		return frame, len(f.pcs) > 0
	}
	return
}

// FuncForPC returns the function that contains pc, or nil. If pc stands for an inlined call, it is the function that was inlined.
func FuncForPC(pc uintptr) *Func {
	var info frameInfo
	if rtFrameInfo(pc, &info) == 0 {
		return nil
	}
	return info.function
}

func (f *Func) info() (info frameInfo) {
	rtFrameInfo(f.Entry(), &info)
	return
}

// Name returns the name of the function, "" for nil.
func (f *Func) Name() string {
	if f == nil {
		return ""
	}
	return f.info().name
}

// Entry is the address at which the function begins, or 0.
func (f *Func) Entry() uintptr {
	if f == nil {
		return 0
	}
	return uintptr(rtFuncEntry(f))
}

// FileLine returns file and line of pc, which should lie in f.
func (f *Func) FileLine(pc uintptr) (file string, line int) {
	var info frameInfo
	rtFrameInfo(pc, &info)
	return info.file, info.line
}

// Stack writes the traceback of the calling goroutine (of all, if all is set) into buf and says how many bytes that took.
//
//go:noinline
func Stack(buf []byte, all bool) int {
	if len(buf) == 0 {
		return 0
	}
	return int(rtStackText(&buf[0], int64(len(buf)), all))
}
