package runtime

import (
	"internal/profilerecord"
	"unsafe"
)

// The profile of the heap: a sample of all allocations by call stack, with what of it was freed (runtime/src/gc/profile.rs). A program is
// sampled from its start if memoryRecords is part of it, which the compiler knows.

//go:linkname rtProfileMemory rt.profile_memory
func rtProfileMemory(rate unsafe.Pointer)

//go:linkname rtMemoryProfile rt.memory_profile
func rtMemoryProfile(words *uint64, n int32) int32

// MemProfileRate controls the fraction of allocations that the memory profile records: it aims at one for each MemProfileRate bytes. 1
// records every one, 0 or less none. It is best changed once, as early as possible.
var MemProfileRate int = 512 * 1024

// startMemoryProfile is called before anything else is initialised.
func startMemoryProfile() { rtProfileMemory(unsafe.Pointer(&MemProfileRate)) }

// MemProfileRecord counts what one call stack has allocated and freed.
type MemProfileRecord struct {
	AllocBytes, FreeBytes     int64       // number of bytes allocated, freed
	AllocObjects, FreeObjects int64       // number of objects allocated, freed
	Stack0                    [32]uintptr // program counters, innermost first; a 0 ends them
}

// InUseBytes is what was allocated and not freed, in bytes.
func (r *MemProfileRecord) InUseBytes() int64 { return r.AllocBytes - r.FreeBytes }

// InUseObjects is what was allocated and not freed, in objects.
func (r *MemProfileRecord) InUseObjects() int64 { return r.AllocObjects - r.FreeObjects }

// Stack returns the stack trace of the record.
func (r *MemProfileRecord) Stack() []uintptr { return stackOf(&r.Stack0) }

// memoryRecords returns the records of the profile; without idle, only those of stacks that have memory in use.
func memoryRecords(idle bool) []profilerecord.MemProfileRecord {
	words := make([]uint64, 4096)
	needed := 0
	for {
		needed = int(rtMemoryProfile(&words[0], int32(len(words))))
		if needed <= len(words) {
			break
		}
		words = make([]uint64, needed+needed/8)
	}
	var records []profilerecord.MemProfileRecord
	for words = words[:needed]; len(words) > 0; {
		allocated, freed, size, depth := int64(words[0]), int64(words[1]), int64(words[2]), int(words[3])
		if idle || allocated != freed {
			stack := make([]uintptr, depth)
			for i := range stack {
				stack[i] = uintptr(words[4+i])
			}
			records = append(records, profilerecord.MemProfileRecord{
				ObjectSize: size, AllocObjects: allocated, FreeObjects: freed, Stack: stack,
			})
		}
		words = words[4+depth:]
	}
	return records
}

// MemProfile fills p with the records of the profile as of the last collection that is behind it, and returns their number; ok is false,
// and p as it was, if they do not fit. inuseZero includes those of which everything was freed.
func MemProfile(p []MemProfileRecord, inuseZero bool) (n int, ok bool) {
	records := memoryRecords(inuseZero)
	if len(records) > len(p) {
		return len(records), false
	}
	for i := range records {
		r := &records[i]
		p[i] = MemProfileRecord{
			AllocBytes: r.AllocObjects * r.ObjectSize, FreeBytes: r.FreeObjects * r.ObjectSize,
			AllocObjects: r.AllocObjects, FreeObjects: r.FreeObjects,
		}
		copy(p[i].Stack0[:], r.Stack)
	}
	return len(records), true
}

func pprof_memProfileInternal(p []profilerecord.MemProfileRecord, inuseZero bool) (n int, ok bool) {
	records := memoryRecords(inuseZero)
	if len(records) > len(p) {
		return len(records), false
	}
	return copy(p, records), true
}
