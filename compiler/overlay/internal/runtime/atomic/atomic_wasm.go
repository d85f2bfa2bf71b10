// The compiler gives the body-less functions wasm's atomic instructions, or plain ones in single-thread modules. The others are written in
// terms of them. A pointer is the low half of its 8-byte slot.

package atomic

import "unsafe"

func Load(ptr *uint32) uint32
func Load8(ptr *uint8) uint8
func Load64(ptr *uint64) uint64
func Store(ptr *uint32, val uint32)
func Store8(ptr *uint8, val uint8)
func Store64(ptr *uint64, val uint64)
func Xchg(ptr *uint32, new uint32) uint32
func Xchg8(ptr *uint8, new uint8) uint8
func Xchg64(ptr *uint64, new uint64) uint64
func Xadd(ptr *uint32, delta int32) uint32
func Xadd64(ptr *uint64, delta int64) uint64
func And8(ptr *uint8, val uint8)
func Or8(ptr *uint8, val uint8)
func And(ptr *uint32, val uint32)
func Or(ptr *uint32, val uint32)
func Cas(ptr *uint32, old, new uint32) bool
func Cas64(ptr *uint64, old, new uint64) bool

func Loadp(ptr unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(uintptr(Load((*uint32)(ptr))))
}

func StorepNoWB(ptr unsafe.Pointer, val unsafe.Pointer) {
	Store((*uint32)(ptr), uint32(uintptr(val)))
}

func Casp1(ptr *unsafe.Pointer, old, new unsafe.Pointer) bool {
	return Cas((*uint32)(unsafe.Pointer(ptr)), uint32(uintptr(old)), uint32(uintptr(new)))
}

func LoadAcq(ptr *uint32) uint32               { return Load(ptr) }
func LoadAcq64(ptr *uint64) uint64             { return Load64(ptr) }
func LoadAcquintptr(ptr *uintptr) uintptr      { return Loaduintptr(ptr) }
func StoreRel(ptr *uint32, val uint32)         { Store(ptr, val) }
func StoreRel64(ptr *uint64, val uint64)       { Store64(ptr, val) }
func StoreReluintptr(ptr *uintptr, v uintptr)  { Storeuintptr(ptr, v) }
func CasRel(ptr *uint32, old, new uint32) bool { return Cas(ptr, old, new) }

func Loaduintptr(ptr *uintptr) uintptr { return uintptr(Load64((*uint64)(unsafe.Pointer(ptr)))) }
func Loaduint(ptr *uint) uint          { return uint(Load64((*uint64)(unsafe.Pointer(ptr)))) }
func Loadint32(ptr *int32) int32       { return int32(Load((*uint32)(unsafe.Pointer(ptr)))) }
func Loadint64(ptr *int64) int64       { return int64(Load64((*uint64)(unsafe.Pointer(ptr)))) }

func Storeuintptr(ptr *uintptr, new uintptr) { Store64((*uint64)(unsafe.Pointer(ptr)), uint64(new)) }
func Storeint32(ptr *int32, new int32)       { Store((*uint32)(unsafe.Pointer(ptr)), uint32(new)) }
func Storeint64(ptr *int64, new int64)       { Store64((*uint64)(unsafe.Pointer(ptr)), uint64(new)) }

func Xchgint32(ptr *int32, new int32) int32 {
	return int32(Xchg((*uint32)(unsafe.Pointer(ptr)), uint32(new)))
}

func Xchgint64(ptr *int64, new int64) int64 {
	return int64(Xchg64((*uint64)(unsafe.Pointer(ptr)), uint64(new)))
}

func Xchguintptr(ptr *uintptr, new uintptr) uintptr {
	return uintptr(Xchg64((*uint64)(unsafe.Pointer(ptr)), uint64(new)))
}

func Xaddint32(ptr *int32, delta int32) int32 {
	return int32(Xadd((*uint32)(unsafe.Pointer(ptr)), delta))
}

func Xaddint64(ptr *int64, delta int64) int64 {
	return int64(Xadd64((*uint64)(unsafe.Pointer(ptr)), delta))
}

func Xadduintptr(ptr *uintptr, delta uintptr) uintptr {
	return uintptr(Xadd64((*uint64)(unsafe.Pointer(ptr)), int64(delta)))
}

func Casint32(ptr *int32, old, new int32) bool {
	return Cas((*uint32)(unsafe.Pointer(ptr)), uint32(old), uint32(new))
}

func Casint64(ptr *int64, old, new int64) bool {
	return Cas64((*uint64)(unsafe.Pointer(ptr)), uint64(old), uint64(new))
}

func Casuintptr(ptr *uintptr, old, new uintptr) bool {
	return Cas64((*uint64)(unsafe.Pointer(ptr)), uint64(old), uint64(new))
}
