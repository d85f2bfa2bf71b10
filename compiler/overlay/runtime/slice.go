package runtime

import (
	"internal/runtime/math"
	"unsafe"
)

// Allocation of objects, and slices: making, growing, copying.

// maxAlloc bounds a single allocation: the whole wasm32 address space.
const maxAlloc = 1 << 32

// maxAllocObject is the largest object that the heap is asked for.
const maxAllocObject = maxAlloc - 1<<16

// mallocgc allocates size bytes described by typ (nil: no pointers), zeroed.
func mallocgc(size uintptr, typ *_type) unsafe.Pointer {
	if size > maxAllocObject {
		outOfMemory()
	}
	if typ != nil && typ.PtrBytes == 0 {
		typ = nil
	}
	return rtAlloc(uint32(size), typ, 0)
}

func outOfMemory() { fatal("runtime: out of memory") }

func newobject(t *_type) unsafe.Pointer { return mallocgc(t.Size_, t) }

//go:linkname maps_newobject internal/runtime/maps.newobject
func maps_newobject(t *_type) unsafe.Pointer { return newobject(t) }

func newarray(t *_type, n int) unsafe.Pointer {
	size, overflow := math.MulUintptr(t.Size_, uintptr(n))
	if overflow || size > maxAllocObject || n < 0 {
		panic(plainError("runtime: allocation size out of range"))
	}
	return mallocgc(size, t)
}

//go:linkname maps_newarray internal/runtime/maps.newarray
func maps_newarray(t *_type, n int) unsafe.Pointer { return newarray(t, n) }

func makeslice(et *_type, len, cap int) unsafe.Pointer {
	size, overflow := math.MulUintptr(et.Size_, uintptr(cap))
	if overflow || size > maxAllocObject || len < 0 || len > cap {
		makesliceFailed(et, len)
	}
	return mallocgc(size, et)
}

// makesliceFailed says which of length and capacity is at fault: the length if it alone is too large already.
func makesliceFailed(et *_type, len int) {
	size, overflow := math.MulUintptr(et.Size_, uintptr(len))
	if overflow || size > maxAllocObject || len < 0 {
		panicmakeslicelen()
	}
	panicmakeslicecap()
}

func makeslice64(et *_type, len64, cap64 int64) unsafe.Pointer {
	return makeslice(et, int(len64), int(cap64))
}

// makeslicecopy is make([]T, tolen) followed by a copy of fromlen elements.
func makeslicecopy(et *_type, tolen int, fromlen int, from unsafe.Pointer) unsafe.Pointer {
	to := makeslice(et, tolen, tolen)
	n := tolen
	if fromlen < n {
		n = fromlen
	}
	memmove(to, from, uintptr(n)*et.Size_)
	return to
}

// growslice returns a larger copy of a slice of oldCap elements at oldPtr that has room for newLen, of which num are appended.
// Capacities follow Go: doubling up to 256 elements, then towards a quarter more, rounded up to the allocator's size class.
func growslice(oldPtr unsafe.Pointer, newLen, oldCap, num int, et *_type) slice {
	oldLen := newLen - num
	if newLen < 0 {
		panic(errorString("growslice: len out of range"))
	}
	size := et.Size_
	if size == 0 {
		return slice{unsafe.Pointer(&zeroVal), newLen, newLen}
	}
	newCap := nextCap(newLen, oldCap)
	bytes, overflow := math.MulUintptr(size, uintptr(newCap))
	if overflow || bytes > maxAllocObject {
		panic(errorString("growslice: len out of range"))
	}
	noscan := uint32(0)
	if et.PtrBytes == 0 {
		noscan = 1
	}
	bytes = uintptr(rtRoundSize(uint64(bytes), noscan))
	switch size {
	case 1:
		newCap = int(bytes)
	case 8:
		newCap = int(bytes >> 3)
		bytes = uintptr(newCap) << 3
	default:
		newCap = int(bytes / size)
		bytes = uintptr(newCap) * size
	}
	p := mallocgc(bytes, et)
	memmove(p, oldPtr, uintptr(oldLen)*size)
	return slice{p, newLen, newCap}
}

func nextCap(newLen, oldCap int) int {
	double := oldCap + oldCap
	if newLen > double {
		return newLen
	}
	const threshold = 256
	if oldCap < threshold {
		return double
	}
	c := oldCap
	for {
		c += (c + 3*threshold) >> 2
		if uint(c) >= uint(newLen) {
			break
		}
	}
	if c <= 0 {
		return newLen
	}
	return c
}

// unsafeslice checks the arguments of unsafe.Slice.
func unsafeslice(et *_type, ptr unsafe.Pointer, len int64) {
	if len < 0 {
		panicunsafeslicelen()
	}
	if et.Size_ == 0 {
		if ptr == nil && len > 0 {
			panicunsafeslicenilptr()
		}
		return
	}
	bytes, overflow := math.MulUintptr(et.Size_, uintptr(len))
	if overflow || ptr == nil && bytes > 0 || bytes > maxAlloc-uintptr(ptr) {
		if ptr == nil {
			panicunsafeslicenilptr()
		}
		panicunsafeslicelen()
	}
}

// unsafestring checks the arguments of unsafe.String.
func unsafestring(ptr unsafe.Pointer, len int64) {
	if len < 0 {
		panicunsafestringlen()
	}
	if ptr == nil && len > 0 || uintptr(len) > maxAlloc-uintptr(ptr) {
		if ptr == nil {
			panicunsafestringnilptr()
		}
		panicunsafestringlen()
	}
}

// memmove copies n bytes between regions that may overlap; the compiler knows it.
func memmove(to, from unsafe.Pointer, n uintptr)

// memclrNoHeapPointers zeroes n bytes; the compiler knows it.
func memclrNoHeapPointers(p unsafe.Pointer, n uintptr)

func typedmemmove(t *_type, dst, src unsafe.Pointer) { memmove(dst, src, t.Size_) }

//go:linkname maps_typedmemmove internal/runtime/maps.typedmemmove
func maps_typedmemmove(t *_type, dst, src unsafe.Pointer) { memmove(dst, src, t.Size_) }

func typedmemclr(t *_type, p unsafe.Pointer) { memclrNoHeapPointers(p, t.Size_) }

//go:linkname maps_typedmemclr internal/runtime/maps.typedmemclr
func maps_typedmemclr(t *_type, p unsafe.Pointer) { memclrNoHeapPointers(p, t.Size_) }
