package reflect

import (
	"internal/abi"
	"unsafe"
)

// Functions made at run time: those of MakeFunc, and method values. This file takes the place of Go's, which gives all of them the same
// code: here the code depends on the function's type.

// madeFunc is what all functions made by reflect begin with: a closure object.
type madeFunc struct {
	code   uintptr
	method bool // a methodValue, otherwise a makeFuncImpl
}

type makeFuncImpl struct {
	madeFunc
	ftyp *funcType
	fn   func([]Value) []Value
}

type methodValue struct {
	madeFunc
	method int
	rcvr   Value
	ftyp   *funcType
}

func (m *madeFunc) funcType() *funcType {
	if m.method {
		return (*methodValue)(unsafe.Pointer(m)).ftyp
	}
	return (*makeFuncImpl)(unsafe.Pointer(m)).ftyp
}

// call runs the function with arguments in a frame, which gets the results.
func (m *madeFunc) call(frame unsafe.Pointer, regs *abi.RegArgs) {
	var valid bool
	if m.method {
		callMethod((*methodValue)(unsafe.Pointer(m)), frame, &valid, regs)
	} else {
		callReflect((*makeFuncImpl)(unsafe.Pointer(m)), frame, &valid, regs)
	}
}

// forDeferred is a function for one call by the deferring machinery: m's, which may recover.
func (m *makeFuncImpl) forDeferred() *madeFunc {
	fn := m.fn
	direct := *m
	direct.fn = func(args []Value) []Value {
		markDeferred(*(*unsafe.Pointer)(unsafe.Pointer(&fn)))
		return fn(args)
	}
	return &direct.madeFunc
}

// makeFuncStub marks functions of types that compiled code cannot call because the program does not contain them.
func makeFuncStub() { panic("reflect: compiled code calls a function of a type made at run time") }

func madeCode() uintptr { return abi.FuncPCABI0(makeFuncStub) }

// stubOf is the code for made functions of type t.
func stubOf(t *funcType) uintptr {
	if record := layoutOfFunc(t, false).record; record != nil {
		return record.stub
	}
	return madeCode()
}

// MakeFunc makes a func value of type typ whose calls go to fn: each call turns its arguments into Values, runs fn on
// them, and returns the Values of the result, one for each result of the type.
//
// fn gets as many Values as the type has parameters; the last one of a variadic function is a slice.
func MakeFunc(typ Type, fn func(args []Value) (results []Value)) Value {
	t := typ.common()
	if Kind(t.Kind()) != Func {
		panic("reflect: call of MakeFunc with non-Func type")
	}
	ftyp := (*funcType)(unsafe.Pointer(t))
	impl := &makeFuncImpl{madeFunc{code: stubOf(ftyp)}, ftyp, fn}
	return Value{t, unsafe.Pointer(impl), flag(Func)}
}

// makeMethodValue turns a receiver with a method number into a func value that is bound to the receiver.
func makeMethodValue(op string, v Value) Value {
	if v.flag&flagMethod == 0 {
		panic("reflect: internal error: invalid use of makeMethodValue")
	}
	ftyp := (*funcType)(unsafe.Pointer(v.Type().(*rtype)))
	receiver := Value{v.typ(), v.ptr, v.flag&(flagRO|flagAddr|flagIndir) | flag(v.typ().Kind())}
	bound := &methodValue{madeFunc{stubOf(ftyp), true}, int(v.flag) >> flagMethodShift, receiver, ftyp}
	// A method that cannot be called panics now, not at the first call.
	methodReceiver(op, bound.rcvr, bound.method)
	return Value{ftyp.Common(), unsafe.Pointer(bound), v.flag&flagRO | flag(Func)}
}

// methodValueCallCodePtr is what method values have for a code pointer.
func methodValueCallCodePtr() uintptr { return madeCode() }
