package reflect

import (
	"internal/abi"
	"sync"
	"unsafe"
)

// Calls between argument frames and compiled code.
//
// For each wasm signature of a function type in the program the compiler emits a call record with two pieces of code: one calls a function
// with scalars from memory, the other stands for functions made by reflect and puts its scalars into memory (lowering's reflection).

// callRecord begins like a closure object, so that its address is the func value of the code that calls.
type callRecord struct {
	code    uintptr
	stub    uintptr // 0 if the program makes no functions
	params  uint32
	results uint32
	// The letters of the scalars follow.
}

// callRecords lists the addresses of the records, 0 for those that were left out of the program.
func callRecords() []uint32

var recordsByLetters = sync.OnceValue(func() map[string]*callRecord {
	records := make(map[string]*callRecord)
	for _, address := range callRecords() {
		if address == 0 {
			continue
		}
		r := (*callRecord)(unsafe.Pointer(uintptr(address)))
		letters := unsafe.String((*byte)(unsafe.Add(unsafe.Pointer(r), unsafe.Sizeof(*r))), int(r.params+r.results))
		records[letters[:r.params]+">"+letters[r.params:]] = r
	}
	return records
})

func findRecord(letters string) *callRecord { return recordsByLetters()[letters] }

// enter calls the code that the word at fn names with the scalars in words and pointers, which then hold the results, too. first is the
// closure or the receiver; deferred says that the callee may recover as if the deferring machinery called it.
func (r *callRecord) enter(fn, first unsafe.Pointer, words *uint64, pointers *unsafe.Pointer, deferred bool) {
	caller := *(*func(fn, first unsafe.Pointer, words *uint64, pointers *unsafe.Pointer))(unsafe.Pointer(&r))
	if deferred {
		markDeferred(unsafe.Pointer(r))
	}
	caller(fn, first, words, pointers)
}

// markDeferred lets the call of a closure that follows at once count as one by the deferring machinery. It is an operation of the compiler.
func markDeferred(closure unsafe.Pointer)

// reflectcall calls fn, a closure or, if the frame begins with a receiver, a pointer to a method's code, with the arguments in frame and
// puts the results there.
//
//go:linkname reflectcall runtime.reflectcall
func reflectcall(frametype *abi.Type, fn, frame unsafe.Pointer, frameBytes, resultOffset, fullBytes uint32, regs *abi.RegArgs) {
	layout := layoutOfFrame(frametype)
	if !layout.receiver && callMade(layout, fn, frame, regs) {
		return
	}
	if layout.record == nil {
		panic("reflect: call of a function whose type the program does not contain")
	}
	words := make([]uint64, layout.scalars+1)
	pointers := make([]unsafe.Pointer, layout.scalars+1)
	layout.load(frame, words, pointers)
	first := fn
	if layout.receiver {
		first = *(*unsafe.Pointer)(frame)
	}
	layout.record.enter(fn, first, &words[0], &pointers[0], false)
	layout.storeResults(frame, words, pointers)
}

// callMade calls fn if it is a function made by reflect, and reports whether it is.
func callMade(layout *callLayout, fn, frame unsafe.Pointer, regs *abi.RegArgs) bool {
	made := (*madeFunc)(fn)
	if made.code != madeCode() && (layout.record == nil || made.code != layout.record.stub) {
		return false
	}
	made.call(frame, regs)
	return true
}

// callStub is called by the code of functions made by reflect; deferred says that the deferring machinery called that code, so that what it
// stands for may recover.
func callStub(made *madeFunc, words *uint64, pointers *unsafe.Pointer, deferred bool) {
	t := made.funcType()
	layout := layoutOfFunc(t, false)
	if made.method {
		bound := (*methodValue)(unsafe.Pointer(made))
		_, _, fn := methodReceiver("call", bound.rcvr, bound.method)
		var receiver unsafe.Pointer
		storeRcvr(bound.rcvr, unsafe.Pointer(&receiver))
		layout.record.enter(fn, receiver, words, pointers, deferred)
		return
	}
	if deferred {
		made = (*makeFuncImpl)(unsafe.Pointer(made)).forDeferred()
	}
	w, p := unsafe.Slice(words, layout.scalars), unsafe.Slice(pointers, layout.scalars)
	frametype, _, _ := funcLayout(t, nil)
	frame := unsafe_New(frametype)
	layout.storeParams(frame, w, p)
	var regs abi.RegArgs
	made.call(frame, &regs)
	layout.loadResults(frame, w, p)
}
