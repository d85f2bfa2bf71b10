package runtime

import "unsafe"

// Kernels over bytes for internal/bytealg. The loops are in Rust.

//go:linkname bytealg_IndexByte internal/bytealg.IndexByte
func bytealg_IndexByte(b []byte, c byte) int {
	return int(rtIndexByte(unsafe.SliceData(b), int64(len(b)), uint32(c)))
}

//go:linkname bytealg_IndexByteString internal/bytealg.IndexByteString
func bytealg_IndexByteString(s string, c byte) int {
	return int(rtIndexByte(unsafe.StringData(s), int64(len(s)), uint32(c)))
}

//go:linkname bytealg_Index internal/bytealg.Index
func bytealg_Index(a, b []byte) int {
	return int(rtIndexText(unsafe.SliceData(a), int64(len(a)), unsafe.SliceData(b), int64(len(b))))
}

//go:linkname bytealg_IndexString internal/bytealg.IndexString
func bytealg_IndexString(a, b string) int {
	return int(rtIndexText(unsafe.StringData(a), int64(len(a)), unsafe.StringData(b), int64(len(b))))
}

//go:linkname bytealg_Count internal/bytealg.Count
func bytealg_Count(b []byte, c byte) int {
	return int(rtCountByte(unsafe.SliceData(b), int64(len(b)), uint32(c)))
}

//go:linkname bytealg_CountString internal/bytealg.CountString
func bytealg_CountString(s string, c byte) int {
	return int(rtCountByte(unsafe.StringData(s), int64(len(s)), uint32(c)))
}

//go:linkname bytealg_Compare internal/bytealg.Compare
func bytealg_Compare(a, b []byte) int {
	return int(rtCompare(unsafe.SliceData(a), int64(len(a)), unsafe.SliceData(b), int64(len(b))))
}

//go:linkname bytealg_MakeNoZero internal/bytealg.MakeNoZero
func bytealg_MakeNoZero(n int) []byte {
	if n < 0 || uintptr(n) > maxAllocObject {
		panicmakeslicelen()
	}
	size := int(rtRoundSize(uint64(n), 1))
	return unsafe.Slice((*byte)(mallocgc(uintptr(size), nil)), size)[:n]
}
