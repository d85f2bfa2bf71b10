// Package runtime is the part of Warren's runtime that is written in Go: everything that allocates Go values or calls Go closures on the
// way. Scheduler, channels, heap, collector and the panic walk are in Rust and are reached through body-less functions bound to link
// names "rt.NAME".
package runtime

import (
	"internal/abi"
	_ "unsafe" // for linkname
)

// Error is implemented by every panic value that the run-time system raises by itself.
type Error interface {
	error

	// RuntimeError has no effect; it sets these types apart from other errors.
	RuntimeError()
}

// TypeAssertionError describes a failed type assertion.
type TypeAssertionError struct {
	iface         *_type
	concrete      *_type
	asserted      *_type
	missingMethod string
}

func (*TypeAssertionError) RuntimeError() {}

func (e *TypeAssertionError) Error() string {
	static := "interface"
	if e.iface != nil {
		static = typeString(e.iface)
	}
	want := typeString(e.asserted)
	if e.concrete == nil {
		return "interface conversion: " + static + " is nil, not " + want
	}
	have := typeString(e.concrete)
	if e.missingMethod != "" {
		return "interface conversion: " + have + " is not " + want + ": missing method " + e.missingMethod
	}
	text := "interface conversion: " + static + " is " + have + ", not " + want
	if have == want {
		if pkgPath(e.concrete) != pkgPath(e.asserted) {
			text += " (types from different packages)"
		} else {
			text += " (types from different scopes)"
		}
	}
	return text
}

// errorString is a run-time error with a fixed text.
type errorString string

func (errorString) RuntimeError() {}

func (e errorString) Error() string { return "runtime error: " + string(e) }

// plainError is a run-time error whose text has no "runtime error: " in front.
type plainError string

func (plainError) RuntimeError() {}

func (e plainError) Error() string { return string(e) }

// PanicNilError is the value of panic(nil).
type PanicNilError struct {
	_ [0]func()
}

func (*PanicNilError) Error() string {
	return "runtime error: panic called with nil argument"
}

func (*PanicNilError) RuntimeError() {}

// boundsError is an index or slice expression out of range.
type boundsError struct {
	x      int64
	y      int
	signed bool
	code   abi.BoundsErrorCode
}

func (boundsError) RuntimeError() {}

// boundsTexts holds, for each kind of expression, the text around x and y.
var boundsTexts = [...]struct{ before, between, negative string }{
	abi.BoundsIndex:      {"index out of range [", "] with length ", "]"},
	abi.BoundsSliceAlen:  {"slice bounds out of range [:", "] with length ", "]"},
	abi.BoundsSliceAcap:  {"slice bounds out of range [:", "] with capacity ", "]"},
	abi.BoundsSliceB:     {"slice bounds out of range [", ":", ":]"},
	abi.BoundsSlice3Alen: {"slice bounds out of range [::", "] with length ", "]"},
	abi.BoundsSlice3Acap: {"slice bounds out of range [::", "] with capacity ", "]"},
	abi.BoundsSlice3B:    {"slice bounds out of range [:", ":", ":]"},
	abi.BoundsSlice3C:    {"slice bounds out of range [", ":", "::]"},
}

func (e boundsError) Error() string {
	if e.code == abi.BoundsConvert {
		return "runtime error: cannot convert slice with length " + itoa(int64(e.y)) + " to array or pointer to array with length " + itoa(e.x)
	}
	t := &boundsTexts[e.code]
	x := "runtime error: " + t.before
	if e.signed {
		x += itoa(e.x)
		if e.x < 0 {
			return x + t.negative
		}
	} else {
		x += utoa(uint64(e.x))
	}
	x += t.between + itoa(int64(e.y))
	switch e.code {
	case abi.BoundsSliceB, abi.BoundsSlice3B:
		x += "]"
	case abi.BoundsSlice3C:
		x += ":]"
	}
	return x
}

func itoa(v int64) string {
	if v < 0 {
		return "-" + utoa(uint64(-v))
	}
	return utoa(uint64(v))
}

func utoa(v uint64) string {
	var buf [20]byte
	i := len(buf) - 1
	for v >= 10 {
		buf[i] = byte('0' + v%10)
		i--
		v /= 10
	}
	buf[i] = byte('0' + v)
	return string(buf[i:])
}

// The functions below are called by compiled code where a check fails.

func panicIndex(x int, y int)   { panic(boundsError{int64(x), y, true, abi.BoundsIndex}) }
func panicIndexU(x uint, y int) { panic(boundsError{int64(x), y, false, abi.BoundsIndex}) }

func panicSliceAlen(x int, y int)   { panic(boundsError{int64(x), y, true, abi.BoundsSliceAlen}) }
func panicSliceAlenU(x uint, y int) { panic(boundsError{int64(x), y, false, abi.BoundsSliceAlen}) }
func panicSliceAcap(x int, y int)   { panic(boundsError{int64(x), y, true, abi.BoundsSliceAcap}) }
func panicSliceAcapU(x uint, y int) { panic(boundsError{int64(x), y, false, abi.BoundsSliceAcap}) }
func panicSliceB(x int, y int)      { panic(boundsError{int64(x), y, true, abi.BoundsSliceB}) }
func panicSliceBU(x uint, y int)    { panic(boundsError{int64(x), y, false, abi.BoundsSliceB}) }

func panicSlice3Alen(x int, y int)   { panic(boundsError{int64(x), y, true, abi.BoundsSlice3Alen}) }
func panicSlice3AlenU(x uint, y int) { panic(boundsError{int64(x), y, false, abi.BoundsSlice3Alen}) }
func panicSlice3Acap(x int, y int)   { panic(boundsError{int64(x), y, true, abi.BoundsSlice3Acap}) }
func panicSlice3AcapU(x uint, y int) { panic(boundsError{int64(x), y, false, abi.BoundsSlice3Acap}) }
func panicSlice3B(x int, y int)      { panic(boundsError{int64(x), y, true, abi.BoundsSlice3B}) }
func panicSlice3BU(x uint, y int)    { panic(boundsError{int64(x), y, false, abi.BoundsSlice3B}) }
func panicSlice3C(x int, y int)      { panic(boundsError{int64(x), y, true, abi.BoundsSlice3C}) }
func panicSlice3CU(x uint, y int)    { panic(boundsError{int64(x), y, false, abi.BoundsSlice3C}) }

func panicSliceConvert(x int, y int) { panic(boundsError{int64(x), y, true, abi.BoundsConvert}) }

// Package math/bits panics with these, too.
var (
	//go:linkname overflowError
	overflowError error = errorString("integer overflow")
	//go:linkname divideError
	divideError error = errorString("integer divide by zero")
)

func panicdivide()   { panic(divideError) }
func panicshift()    { panic(errorString("negative shift amount")) }
func panicoverflow() { panic(overflowError) }

// sigpanic is where an access through a nil pointer leads; program counters show it, as with systems that have a signal for that.
func sigpanic() { panicmem() }
func panicmem() { panic(errorString("invalid memory address or nil pointer dereference")) }

func panicmakeslicelen() { panic(errorString("makeslice: len out of range")) }
func panicmakeslicecap() { panic(errorString("makeslice: cap out of range")) }

func panicunsafeslicelen()     { panic(errorString("unsafe.Slice: len out of range")) }
func panicunsafeslicenilptr()  { panic(errorString("unsafe.Slice: ptr is nil and len is not zero")) }
func panicunsafestringlen()    { panic(errorString("unsafe.String: len out of range")) }
func panicunsafestringnilptr() { panic(errorString("unsafe.String: ptr is nil and len is not zero")) }

// panicwrap reports a value method called through a nil pointer. The compiler passes the names of the package, the type and the method.
func panicwrap(pkg, typ, method string) {
	panic(plainError("value method " + pkg + "." + typ + "." + method + " called using nil *" + typ + " pointer"))
}

func panicdottypeE(have, want, iface *_type) {
	panic(&TypeAssertionError{iface, have, want, ""})
}

func panicdottypeI(have *itab, want, iface *_type) {
	var t *_type
	if have != nil {
		t = have.Type
	}
	panicdottypeE(t, want, iface)
}

func panicnildottype(want *_type) {
	panic(&TypeAssertionError{nil, nil, want, ""})
}

// panicrangestate reports a misuse of the yield function of a range over a function.
func panicrangestate(state int) {
	switch abi.RF_State(state) {
	case abi.RF_DONE:
		panic(errorString("range function continued iteration after function for loop body returned false"))
	case abi.RF_PANIC:
		panic(errorString("range function continued iteration after loop body panic"))
	case abi.RF_EXHAUSTED:
		panic(errorString("range function continued iteration after whole loop exit"))
	case abi.RF_MISSING_PANIC:
		panic(errorString("range function recovered a loop body panic and did not resume panicking"))
	}
	throw("unexpected state set by a range function")
}
