package runtime

import (
	"internal/abi"
	"internal/runtime/maps"
	"unsafe"
)

// What packages reflect and internal/reflectlite ask of the runtime: resolving the offsets in descriptors, memory, maps, channels.
//
// Offsets of static names and types are addresses, which are positive. Names and types that reflect makes at run time lie on the heap:
// they get negative numbers, and reflectOffs keeps them alive.

var reflectOffs struct {
	lock    uint32
	objects []unsafe.Pointer // object i has the offset firstReflectOff - i
	numbers map[unsafe.Pointer]int32
}

// firstReflectOff is the first number given; -1 stands for what the linker left out.
const firstReflectOff = -2

//go:linkname reflect_addReflectOff reflect.addReflectOff
func reflect_addReflectOff(p unsafe.Pointer) int32 {
	r := &reflectOffs
	lock(&r.lock)
	off, found := r.numbers[p]
	if !found {
		if r.numbers == nil {
			r.numbers = make(map[unsafe.Pointer]int32)
		}
		off = firstReflectOff - int32(len(r.objects))
		r.objects = append(r.objects, p)
		r.numbers[p] = off
	}
	unlock(&r.lock)
	return off
}

// resolveOff is the address that off stands for.
func resolveOff(off int32) unsafe.Pointer {
	if off > firstReflectOff {
		return add(typesBase(), uintptr(uint32(off)))
	}
	r := &reflectOffs
	lock(&r.lock)
	i := int(firstReflectOff - off)
	if i >= len(r.objects) {
		throw("runtime: offset of a name or type out of range")
	}
	p := r.objects[i]
	unlock(&r.lock)
	return p
}

//go:linkname reflect_resolveNameOff reflect.resolveNameOff
func reflect_resolveNameOff(base unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(resolveName(abi.NameOff(off)).Bytes)
}

//go:linkname reflect_resolveTypeOff reflect.resolveTypeOff
func reflect_resolveTypeOff(base unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(resolveType(abi.TypeOff(off)))
}

//go:linkname reflectlite_resolveNameOff internal/reflectlite.resolveNameOff
func reflectlite_resolveNameOff(base unsafe.Pointer, off int32) unsafe.Pointer {
	return reflect_resolveNameOff(base, off)
}

//go:linkname reflectlite_resolveTypeOff internal/reflectlite.resolveTypeOff
func reflectlite_resolveTypeOff(base unsafe.Pointer, off int32) unsafe.Pointer {
	return reflect_resolveTypeOff(base, off)
}

// reflect_resolveTextOff gives the table index of a method's code.
//
//go:linkname reflect_resolveTextOff reflect.resolveTextOff
func reflect_resolveTextOff(base unsafe.Pointer, off int32) unsafe.Pointer {
	return unsafe.Pointer(resolveText(abi.TextOff(off)))
}

// resolveText is the table index that off stands for: itself, or what reflect gave a number for, as it does for the methods of structs
// that it makes.
func resolveText(off abi.TextOff) uintptr {
	if off <= firstReflectOff {
		return uintptr(resolveOff(int32(off)))
	}
	return uintptr(uint32(off))
}

// compiledTypelinks lists the static types that can be looked up by their strings, in the order of these.
func compiledTypelinks() []*_type {
	info := module()
	addresses := unsafe.Slice((*uint32)(unsafe.Pointer(uintptr(info.typeLinks))), int(info.typeCount))
	types := make([]*_type, 0, len(addresses))
	for _, address := range addresses {
		if address != 0 { // not left out of the program
			types = append(types, (*_type)(unsafe.Pointer(uintptr(address))))
		}
	}
	return types
}

var typelinks struct {
	lock  uint32
	types []*_type
}

//go:linkname reflect_compiledTypelinks reflect.compiledTypelinks
func reflect_compiledTypelinks() ([]*_type, [][]*_type) {
	lock(&typelinks.lock)
	if typelinks.types == nil {
		typelinks.types = compiledTypelinks()
	}
	types := typelinks.types
	unlock(&typelinks.lock)
	return types, nil
}

//go:linkname reflect_typelinks reflect.typelinks
func reflect_typelinks() ([]unsafe.Pointer, [][]int32) {
	types, _ := reflect_compiledTypelinks()
	offsets := make([]int32, len(types))
	for i, t := range types {
		offsets[i] = int32(uintptr(unsafe.Pointer(t)) - uintptr(typesBase()))
	}
	return []unsafe.Pointer{typesBase()}, [][]int32{offsets}
}

//go:linkname reflect_adjustAIXGCDataForRuntime reflect.adjustAIXGCDataForRuntime
func reflect_adjustAIXGCDataForRuntime(p *byte) *byte { return p }

// reflect_gcbits tells a test which words of the type that x points to are pointers: a byte for each, up to the last pointer.
//
//go:linkname reflect_gcbits reflect.gcbits
func reflect_gcbits(x any) []byte {
	t := (*abi.PtrType)(unsafe.Pointer(efaceOf(&x)._type)).Elem
	words := make([]byte, t.PtrBytes/8)
	markPointers(words, t)
	return words
}

// markPointers sets the words of a value of type t that are pointers to 1.
func markPointers(words []byte, t *_type) {
	switch {
	case t.PtrBytes == 0:
	case t.TFlag&abi.TFlagGCMaskOnDemand == 0:
		mask := unsafe.Slice(t.GCData, (t.PtrBytes/8+7)/8)
		for i := range words[:t.PtrBytes/8] {
			words[i] = mask[i/8] >> (i % 8) & 1
		}
	case t.Kind() == abi.Array:
		a := (*abi.ArrayType)(unsafe.Pointer(t))
		for i := range a.Len {
			markPointers(words[i*a.Elem.Size_/8:], a.Elem)
		}
	case t.Kind() == abi.Struct:
		fields := (*abi.StructType)(unsafe.Pointer(t)).Fields
		for i := range fields {
			markPointers(words[fields[i].Offset/8:], fields[i].Typ)
		}
	}
}

// getStaticuint64s gives reflect the values that small integers share in interfaces.
func getStaticuint64s() *[256]uint64 { return &smallValues }

//go:linkname reflect_unsafe_New reflect.unsafe_New
func reflect_unsafe_New(t *_type) unsafe.Pointer { return newobject(t) }

//go:linkname reflectlite_unsafe_New internal/reflectlite.unsafe_New
func reflectlite_unsafe_New(t *_type) unsafe.Pointer { return newobject(t) }

//go:linkname reflect_unsafe_NewArray reflect.unsafe_NewArray
func reflect_unsafe_NewArray(t *_type, n int) unsafe.Pointer { return newarray(t, n) }

//go:linkname reflect_memmove reflect.memmove
func reflect_memmove(to, from unsafe.Pointer, n uintptr) { memmove(to, from, n) }

//go:linkname reflect_typedmemmove reflect.typedmemmove
func reflect_typedmemmove(t *_type, to, from unsafe.Pointer) { memmove(to, from, t.Size_) }

//go:linkname reflectlite_typedmemmove internal/reflectlite.typedmemmove
func reflectlite_typedmemmove(t *_type, to, from unsafe.Pointer) { memmove(to, from, t.Size_) }

//go:linkname reflect_typedmemclr reflect.typedmemclr
func reflect_typedmemclr(t *_type, p unsafe.Pointer) { memclrNoHeapPointers(p, t.Size_) }

// reflect_typedmemclrpartial zeroes size bytes of a value of type t; p is the address of the first of them.
//
//go:linkname reflect_typedmemclrpartial reflect.typedmemclrpartial
func reflect_typedmemclrpartial(t *_type, p unsafe.Pointer, off, size uintptr) {
	memclrNoHeapPointers(p, size)
}

//go:linkname reflect_typedarrayclear reflect.typedarrayclear
func reflect_typedarrayclear(t *_type, p unsafe.Pointer, n int) {
	memclrNoHeapPointers(p, t.Size_*uintptr(n))
}

//go:linkname reflect_typedslicecopy reflect.typedslicecopy
func reflect_typedslicecopy(t *_type, to, from slice) int {
	n := min(to.len, from.len)
	memmove(to.array, from.array, uintptr(n)*t.Size_)
	return n
}

// reflect_growslice makes room for num elements behind the length of old, which stays the same. The added elements are zero.
//
//go:linkname reflect_growslice reflect.growslice
func reflect_growslice(t *_type, old slice, num int) slice {
	added := num - (old.cap - old.len) // all of the old capacity is copied
	grown := growslice(old.array, old.cap+added, old.cap, added, t)
	grown.len = old.len
	return grown
}

//go:linkname reflect_unsafeslice reflect.unsafeslice
func reflect_unsafeslice(t *_type, p unsafe.Pointer, n int) { unsafeslice(t, p, int64(n)) }

//go:linkname reflect_typehash reflect.typehash
func reflect_typehash(t *_type, p unsafe.Pointer, h uintptr) uintptr { return typehash(t, p, h) }

// reflect_verifyNotInHeapPtr reports whether p, which is declared to point outside of the heap, does.
//
//go:linkname reflect_verifyNotInHeapPtr reflect.verifyNotInHeapPtr
func reflect_verifyNotInHeapPtr(p uintptr) bool {
	return p < uintptr(module().heapStart) || p >= 1<<32
}

//go:linkname reflect_ifaceE2I reflect.ifaceE2I
func reflect_ifaceE2I(t *_type, src eface, dst *iface) {
	*dst = iface{assertE2I((*abi.InterfaceType)(unsafe.Pointer(t)), src._type), src.data}
}

//go:linkname reflectlite_ifaceE2I internal/reflectlite.ifaceE2I
func reflectlite_ifaceE2I(t *_type, src eface, dst *iface) { reflect_ifaceE2I(t, src, dst) }

// Maps.

//go:linkname reflect_makemap reflect.makemap
func reflect_makemap(t *abi.MapType, hint int) *maps.Map {
	if t.Key.Equal == nil {
		throw("runtime.reflect_makemap: unsupported map key type")
	}
	return makemap(t, hint, nil)
}

// reflect_mapaccess returns the element, nil if the key is absent.
//
//go:linkname reflect_mapaccess reflect.mapaccess
func reflect_mapaccess(t *abi.MapType, m *maps.Map, key unsafe.Pointer) unsafe.Pointer {
	if e, ok := mapaccess2(t, m, key); ok {
		return e
	}
	return nil
}

func mapaccess2_faststr(t *abi.MapType, m *maps.Map, key string) (unsafe.Pointer, bool)

//go:linkname reflect_mapaccess_faststr reflect.mapaccess_faststr
func reflect_mapaccess_faststr(t *abi.MapType, m *maps.Map, key string) unsafe.Pointer {
	if e, ok := mapaccess2_faststr(t, m, key); ok {
		return e
	}
	return nil
}

func mapassign(t *abi.MapType, m *maps.Map, key unsafe.Pointer) unsafe.Pointer

//go:linkname reflect_mapassign reflect.mapassign0
func reflect_mapassign(t *abi.MapType, m *maps.Map, key, elem unsafe.Pointer) {
	memmove(mapassign(t, m, key), elem, t.Elem.Size_)
}

func mapassign_faststr(t *abi.MapType, m *maps.Map, key string) unsafe.Pointer

//go:linkname reflect_mapassign_faststr reflect.mapassign_faststr0
func reflect_mapassign_faststr(t *abi.MapType, m *maps.Map, key string, elem unsafe.Pointer) {
	memmove(mapassign_faststr(t, m, key), elem, t.Elem.Size_)
}

//go:linkname reflect_mapdelete reflect.mapdelete
func reflect_mapdelete(t *abi.MapType, m *maps.Map, key unsafe.Pointer) { mapdelete(t, m, key) }

func mapdelete_faststr(t *abi.MapType, m *maps.Map, key string)

//go:linkname reflect_mapdelete_faststr reflect.mapdelete_faststr
func reflect_mapdelete_faststr(t *abi.MapType, m *maps.Map, key string) {
	mapdelete_faststr(t, m, key)
}

//go:linkname reflect_mapclear reflect.mapclear
func reflect_mapclear(t *abi.MapType, m *maps.Map) { mapclear(t, m) }

//go:linkname reflect_maplen reflect.maplen
func reflect_maplen(m *maps.Map) int {
	if m == nil {
		return 0
	}
	return int(m.Used())
}

//go:linkname reflectlite_maplen internal/reflectlite.maplen
func reflectlite_maplen(m *maps.Map) int { return reflect_maplen(m) }

// Channels.

//go:linkname reflect_makechan reflect.makechan
func reflect_makechan(t *abi.ChanType, size int) *hchan { return makechan(t, size) }

//go:linkname reflect_chanlen reflect.chanlen
func reflect_chanlen(c *hchan) int {
	if c == nil {
		return 0
	}
	return int(c.length)
}

//go:linkname reflectlite_chanlen internal/reflectlite.chanlen
func reflectlite_chanlen(c *hchan) int { return reflect_chanlen(c) }

//go:linkname reflect_chancap reflect.chancap
func reflect_chancap(c *hchan) int {
	if c == nil {
		return 0
	}
	return int(c.capacity)
}

//go:linkname reflect_chanclose reflect.chanclose
func reflect_chanclose(c *hchan) { closechan(c) }

//go:linkname reflect_chanrecv reflect.chanrecv
func reflect_chanrecv(c *hchan, nonblocking bool, elem unsafe.Pointer) (selected, received bool) {
	if nonblocking {
		return selectnbrecv(elem, c)
	}
	return true, chanrecv2(c, elem)
}

//go:linkname reflect_chansend reflect.chansend0
func reflect_chansend(c *hchan, elem unsafe.Pointer, nonblocking bool) bool {
	if nonblocking {
		return selectnbsend(c, elem)
	}
	chansend1(c, elem)
	return true
}

// reflectCase is one case of reflect.Select.
type reflectCase struct {
	direction int
	_         unsafe.Pointer // the channel's type
	c         *hchan
	elem      unsafe.Pointer
}

const (
	reflectSend    = 1
	reflectRecv    = 2
	reflectDefault = 3
)

//go:linkname reflect_rselect reflect.rselect
func reflect_rselect(cases []reflectCase) (int, bool) {
	sorted := make([]scase, 0, len(cases)) // sends first
	index := make([]int, 0, len(cases))    // of sorted cases in cases
	sends, otherwise := 0, -1
	for direction := reflectSend; direction <= reflectDefault; direction++ {
		for i := range cases {
			switch c := &cases[i]; {
			case c.direction != direction:
			case direction == reflectDefault:
				otherwise = i
			default:
				sorted = append(sorted, scase{c.c, c.elem})
				index = append(index, i)
			}
		}
		if direction == reflectSend {
			sends = len(sorted)
		}
	}
	if len(sorted) == 0 {
		if otherwise < 0 {
			block()
		}
		return otherwise, false
	}
	chosen, received := selectgo(&sorted[0], sends, len(sorted)-sends, otherwise < 0)
	if chosen < 0 {
		return otherwise, false
	}
	return index[chosen], received && chosen >= sends
}

//go:linkname reflect_callRecords reflect.callRecords
func reflect_callRecords() []uint32 {
	info := module()
	return unsafe.Slice((*uint32)(unsafe.Pointer(uintptr(info.calls))), int(info.callCount))
}
