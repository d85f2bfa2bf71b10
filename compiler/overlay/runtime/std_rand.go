package runtime

import (
	"unsafe"
)

// Random numbers and hashing of memory, for the packages that link them by name.

func rand() uint64 { return rtRand() }

func cheaprand() uint32 { return uint32(rtRand()) }

// cheaprandn is a random number below n.
func cheaprandn(n uint32) uint32 { return uint32(uint64(cheaprand()) * uint64(n) >> 32) }

// Errors that package math/bits panics with.
var (
	//go:linkname overflowError
	overflowError error = error(errorString("integer overflow"))
	//go:linkname divideError
	divideError error = error(errorString("integer divide by zero"))
)

//go:linkname bytealg_MakeNoZero internal/bytealg.MakeNoZero
func bytealg_MakeNoZero(n int) []byte {
	if n < 0 || uintptr(n) > maxAllocObject {
		panicmakeslicelen()
	}
	size := int(rtRoundSize(uint64(n), 1))
	return unsafe.Slice((*byte)(mallocgc(uintptr(size), nil)), size)[:n]
}
