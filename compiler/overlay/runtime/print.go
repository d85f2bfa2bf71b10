package runtime

import (
	"internal/strconv"
	"unsafe"
)

// The bodies of print and println: the compiler calls one function per argument between printlock and printunlock.

func printlock()   { rtPrintBegin() }
func printunlock() { rtPrintEnd() }

func printsp() { printstring(" ") }
func printnl() { printstring("\n") }

func printbool(v bool)              { rtPrintBool(v) }
func printint(v int64)              { rtPrintInt(v) }
func printuint(v uint64)            { rtPrintUint(v) }
func printhex(v uint64)             { rtPrintHex(v) }
func printstring(s string)          { rtPrintString(unsafe.StringData(s), int64(len(s))) }
func printuintptr(p uintptr)        { rtPrintUint(uint64(p)) }
func printpointer(p unsafe.Pointer) { rtPrintHex(uint64(uintptr(p))) }

// Floats print in the shortest decimal form that reads back as the same value.

func printfloat64(v float64) {
	var buf [32]byte
	printbytes(strconv.AppendFloat(buf[:0], v, 'g', -1, 64))
}

func printfloat32(v float32) {
	var buf [32]byte
	printbytes(strconv.AppendFloat(buf[:0], float64(v), 'g', -1, 32))
}

func printcomplex128(c complex128) {
	var buf [64]byte
	printbytes(strconv.AppendComplex(buf[:0], c, 'g', -1, 128))
}

func printcomplex64(c complex64) {
	var buf [64]byte
	printbytes(strconv.AppendComplex(buf[:0], complex128(c), 'g', -1, 64))
}

func printbytes(b []byte) { rtPrintString(unsafe.SliceData(b), int64(len(b))) }

func printslice(s slice) {
	printstring("[")
	printint(int64(s.len))
	printstring("/")
	printint(int64(s.cap))
	printstring("]")
	printpointer(s.array)
}

func printeface(e eface) {
	printstring("(")
	printpointer(unsafe.Pointer(e._type))
	printstring(",")
	printpointer(e.data)
	printstring(")")
}

func printiface(i iface) {
	printstring("(")
	printpointer(unsafe.Pointer(i.tab))
	printstring(",")
	printpointer(i.data)
	printstring(")")
}
