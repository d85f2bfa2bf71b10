package runtime

import (
	"internal/abi"
	"internal/runtime/maps"
	"unsafe"
)

// Equality and hashing of memory and of the types that need more than memory comparison. The compiler composes them for structs and arrays.

// memequal compares n bytes; the compiler expands short fixed lengths.
func memequal(p, q unsafe.Pointer, n uintptr) bool {
	return p == q || rtMemequal(p, q, uint32(n))
}

func memequal0(p, q unsafe.Pointer) bool  { return true }
func memequal8(p, q unsafe.Pointer) bool  { return *(*uint8)(p) == *(*uint8)(q) }
func memequal16(p, q unsafe.Pointer) bool { return *(*uint16)(p) == *(*uint16)(q) }
func memequal32(p, q unsafe.Pointer) bool { return *(*uint32)(p) == *(*uint32)(q) }
func memequal64(p, q unsafe.Pointer) bool { return *(*uint64)(p) == *(*uint64)(q) }
func memequal128(p, q unsafe.Pointer) bool {
	return *(*[2]uint64)(p) == *(*[2]uint64)(q)
}
func f32equal(p, q unsafe.Pointer) bool  { return *(*float32)(p) == *(*float32)(q) }
func f64equal(p, q unsafe.Pointer) bool  { return *(*float64)(p) == *(*float64)(q) }
func c64equal(p, q unsafe.Pointer) bool  { return *(*complex64)(p) == *(*complex64)(q) }
func c128equal(p, q unsafe.Pointer) bool { return *(*complex128)(p) == *(*complex128)(q) }
func strequal(p, q unsafe.Pointer) bool  { return *(*string)(p) == *(*string)(q) }

func interequal(p, q unsafe.Pointer) bool {
	x, y := (*iface)(p), (*iface)(q)
	return x.tab == y.tab && ifaceeq(x.tab, x.data, y.data)
}

func nilinterequal(p, q unsafe.Pointer) bool {
	x, y := (*eface)(p), (*eface)(q)
	return x._type == y._type && efaceeq(x._type, x.data, y.data)
}

// efaceeq compares the values behind two interfaces of the same dynamic type.
func efaceeq(t *_type, x, y unsafe.Pointer) bool {
	if t == nil {
		return true
	}
	eq := t.Equal
	if eq == nil {
		panic(errorString("comparing uncomparable type " + typeString(t)))
	}
	if t.IsDirectIface() {
		return x == y
	}
	return eq(x, y)
}

func ifaceeq(tab *itab, x, y unsafe.Pointer) bool {
	if tab == nil {
		return true
	}
	return efaceeq(tab.Type, x, y)
}

func memhash(p unsafe.Pointer, h, n uintptr) uintptr { return maps.MemHash(p, h, n) }
func memhash0(p unsafe.Pointer, h uintptr) uintptr   { return h }
func memhash8(p unsafe.Pointer, h uintptr) uintptr   { return maps.MemHash(p, h, 1) }
func memhash16(p unsafe.Pointer, h uintptr) uintptr  { return maps.MemHash(p, h, 2) }
func memhash32(p unsafe.Pointer, h uintptr) uintptr  { return maps.MemHash32(*(*uint32)(p), h) }
func memhash64(p unsafe.Pointer, h uintptr) uintptr  { return maps.MemHash64(*(*uint64)(p), h) }
func memhash128(p unsafe.Pointer, h uintptr) uintptr { return maps.MemHash(p, h, 16) }
func strhash(p unsafe.Pointer, h uintptr) uintptr    { return maps.StrHash(*(*string)(p), h) }
func c64hash(p unsafe.Pointer, h uintptr) uintptr    { return f32hash(add(p, 4), f32hash(p, h)) }
func c128hash(p unsafe.Pointer, h uintptr) uintptr   { return f64hash(add(p, 8), f64hash(p, h)) }

// Both zeros hash alike; every NaN is different from all others, so its hash is random.

func f32hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float32)(p)
	switch {
	case f == 0:
		return maps.MemHash32(0, h)
	case f != f:
		return maps.MemHash64(rtRand(), h)
	}
	return maps.MemHash32(*(*uint32)(p), h)
}

func f64hash(p unsafe.Pointer, h uintptr) uintptr {
	f := *(*float64)(p)
	switch {
	case f == 0:
		return maps.MemHash64(0, h)
	case f != f:
		return maps.MemHash64(rtRand(), h)
	}
	return maps.MemHash64(*(*uint64)(p), h)
}

func interhash(p unsafe.Pointer, h uintptr) uintptr {
	a := (*iface)(p)
	if a.tab == nil {
		return h
	}
	return dynamicHash(a.tab.Type, &a.data, h)
}

func nilinterhash(p unsafe.Pointer, h uintptr) uintptr {
	a := (*eface)(p)
	if a._type == nil {
		return h
	}
	return dynamicHash(a._type, &a.data, h)
}

// dynamicHash hashes the value of type t in an interface whose data word is at word.
func dynamicHash(t *_type, word *unsafe.Pointer, h uintptr) uintptr {
	if t.Equal == nil {
		panic(errorString("hash of unhashable type " + typeString(t)))
	}
	if t.IsDirectIface() {
		return typehash(t, unsafe.Pointer(word), h)
	}
	return typehash(t, *word, h)
}

// typehash hashes the value of type t at p by walking the type. It agrees with the hash functions that the compiler makes for map keys.
func typehash(t *_type, p unsafe.Pointer, h uintptr) uintptr {
	if t.TFlag&abi.TFlagRegularMemory != 0 {
		switch t.Size_ {
		case 4:
			return memhash32(p, h)
		case 8:
			return memhash64(p, h)
		}
		return memhash(p, h, t.Size_)
	}
	switch t.Kind() {
	case abi.Float32:
		return f32hash(p, h)
	case abi.Float64:
		return f64hash(p, h)
	case abi.Complex64:
		return c64hash(p, h)
	case abi.Complex128:
		return c128hash(p, h)
	case abi.String:
		return strhash(p, h)
	case abi.Interface:
		if len((*abi.InterfaceType)(unsafe.Pointer(t)).Methods) == 0 {
			return nilinterhash(p, h)
		}
		return interhash(p, h)
	case abi.Array:
		a := (*abi.ArrayType)(unsafe.Pointer(t))
		for i := uintptr(0); i < a.Len; i++ {
			h = typehash(a.Elem, add(p, i*a.Elem.Size_), h)
		}
		return h
	case abi.Struct:
		s := (*abi.StructType)(unsafe.Pointer(t))
		for i := range s.Fields {
			f := &s.Fields[i]
			if !f.Name.IsBlank() {
				h = typehash(f.Typ, add(p, f.Offset), h)
			}
		}
		return h
	}
	panic(errorString("hash of unhashable type " + typeString(t)))
}

//go:linkname maps_rand internal/runtime/maps.rand
func maps_rand() uint64 { return rtRand() }

func bootstrapRand() uint64 { return rtRand() }

//go:linkname maps_fatal internal/runtime/maps.fatal
func maps_fatal(s string) { fatal(s) }

//go:linkname maps_typeString internal/runtime/maps.typeString
func maps_typeString(t *_type) string { return typeString(t) }
