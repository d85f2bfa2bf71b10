package reflect

import (
	"internal/abi"
	"sync"
	"unsafe"
)

// How a call's arguments and results lie in an argument frame, and how the same call looks to wasm.
//
// A value is a list of scalars, as in the compiler (lowering's layout): a type of at most flatMax scalars is passed as these, any other in
// memory, by the address of a copy that the callee owns. Results that do not fit into maxResults scalars, and those in memory, are
// written to addresses that the caller passes behind the arguments.

const (
	flatMax    = 4
	maxResults = 16
)

// Scalars as wasm has them. Call records are named by strings of these letters.
const (
	scalarWord    = 'w' // i32
	scalarLong    = 'l' // i64
	scalarFloat   = 'f' // f32
	scalarDouble  = 'd' // f64
	scalarPointer = 'p' // an address
)

// callPart is one scalar of a call, or one value in memory.
type callPart struct {
	kind   abi.Kind // of the scalar; Struct for a value in memory
	offset uintptr  // in the frame
	index  int      // among the scalars of the call
	typ    *abi.Type
}

// callLayout describes the calls of one function type. With a receiver, which is always one word, the frame begins with it; it is not
// among the parts.
type callLayout struct {
	params   []callPart
	results  []callPart
	scalars  int         // of both
	bytes    uintptr     // of the frame
	record   *callRecord // nil if the program has no function of that shape
	receiver bool
}

// scalarsOf appends the scalars of a value of type t at offset, and reports whether the type is flat.
func scalarsOf(parts []callPart, t *abi.Type, offset uintptr) ([]callPart, bool) {
	start := len(parts)
	// Scalars of the same size, one behind the other.
	leaves := func(size uintptr, kinds ...abi.Kind) {
		for i, kind := range kinds {
			parts = append(parts, callPart{kind: kind, offset: offset + uintptr(i)*size})
		}
	}
	switch t.Kind() {
	case abi.String:
		leaves(8, abi.Pointer, abi.Int64)
	case abi.Slice:
		leaves(8, abi.Pointer, abi.Int64, abi.Int64)
	case abi.Interface:
		leaves(8, abi.Pointer, abi.Pointer)
	case abi.Complex64:
		leaves(4, abi.Float32, abi.Float32)
	case abi.Complex128:
		leaves(8, abi.Float64, abi.Float64)
	case abi.Pointer, abi.UnsafePointer, abi.Map, abi.Chan, abi.Func:
		leaves(8, abi.Pointer)
	case abi.Int, abi.Uint, abi.Uintptr, abi.Uint64:
		leaves(8, abi.Int64)
	case abi.Uint32:
		leaves(4, abi.Int32)
	case abi.Bool:
		leaves(1, abi.Uint8)
	case abi.Array:
		array := (*arrayType)(unsafe.Pointer(t))
		if array.Len == 0 {
			break
		}
		more, flat := scalarsOf(parts, array.Elem, offset)
		if !flat || array.Len > 1 && len(more) > start {
			return parts[:start], false
		}
		parts = more
	case abi.Struct:
		fields := (*structType)(unsafe.Pointer(t)).Fields
		for i := range fields {
			more, flat := scalarsOf(parts, fields[i].Typ, offset+fields[i].Offset)
			if !flat || len(more)-start > flatMax {
				return parts[:start], false
			}
			parts = more
		}
	default:
		leaves(t.Size_, t.Kind())
	}
	return parts, true
}

// newCallLayout lays out the calls of t.
func newCallLayout(t *funcType, receiver bool) *callLayout {
	l := &callLayout{receiver: receiver}
	if receiver {
		l.bytes = 8
	}
	var letters []byte
	number := func(parts []callPart) {
		for i := range parts {
			parts[i].index = len(letters)
			letters = append(letters, scalarLetter(parts[i].kind))
		}
	}
	place := func(typ *abi.Type) uintptr {
		at := align(l.bytes, uintptr(typ.Align_))
		l.bytes = at + typ.Size_
		return at
	}
	for _, typ := range t.InSlice() {
		at := place(typ)
		start := len(l.params)
		parts, flat := scalarsOf(l.params, typ, at)
		if !flat {
			parts = append(parts, callPart{kind: abi.Struct, offset: at, typ: typ})
		}
		l.params = parts
		number(l.params[start:])
	}
	l.bytes = align(l.bytes, 8)
	// Addresses of results in memory come before the results in scalars.
	count, full := 0, false
	var inMemory []bool
	for _, typ := range t.OutSlice() {
		at := place(typ)
		start := len(l.results)
		parts, flat := scalarsOf(l.results, typ, at)
		if flat && !full && count+len(parts)-start <= maxResults {
			count += len(parts) - start
		} else {
			full = full || flat
			parts = append(parts[:start], callPart{kind: abi.Struct, offset: at, typ: typ})
			number(parts[start:])
		}
		l.results = parts
		for len(inMemory) < len(parts) {
			inMemory = append(inMemory, parts[len(inMemory)].kind == abi.Struct)
		}
	}
	letters = append(letters, '>')
	for i := range l.results {
		if !inMemory[i] {
			number(l.results[i : i+1])
			l.results[i].index--
		}
	}
	l.bytes = align(l.bytes, 8)
	l.scalars = len(letters) - 1
	l.record = findRecord(string(letters))
	return l
}

func scalarLetter(kind abi.Kind) byte {
	switch kind {
	case abi.Pointer, abi.Struct:
		return scalarPointer
	case abi.Int64:
		return scalarLong
	case abi.Float32:
		return scalarFloat
	case abi.Float64:
		return scalarDouble
	}
	return scalarWord
}

// load puts the arguments in a frame into scalars. Values in memory are copied: the callee owns its arguments. Results in memory are
// written where they belong.
func (l *callLayout) load(frame unsafe.Pointer, words []uint64, pointers []unsafe.Pointer) {
	for i := range l.params {
		p := &l.params[i]
		from := unsafe.Add(frame, p.offset)
		if p.kind == abi.Struct {
			copied := unsafe_New(p.typ)
			typedmemmove(p.typ, copied, from)
			pointers[p.index] = copied
			continue
		}
		loadScalar(p.kind, from, &words[p.index], &pointers[p.index])
	}
	for i := range l.results {
		if p := &l.results[i]; p.kind == abi.Struct {
			pointers[p.index] = unsafe.Add(frame, p.offset)
		}
	}
}

// storeResults puts the results that came as scalars into the frame.
func (l *callLayout) storeResults(frame unsafe.Pointer, words []uint64, pointers []unsafe.Pointer) {
	for i := range l.results {
		if p := &l.results[i]; p.kind != abi.Struct {
			storeScalar(p.kind, unsafe.Add(frame, p.offset), words[p.index], pointers[p.index])
		}
	}
}

// storeParams puts arguments that came as scalars into a frame.
func (l *callLayout) storeParams(frame unsafe.Pointer, words []uint64, pointers []unsafe.Pointer) {
	for i := range l.params {
		p := &l.params[i]
		to := unsafe.Add(frame, p.offset)
		if p.kind == abi.Struct {
			typedmemmove(p.typ, to, pointers[p.index])
			continue
		}
		storeScalar(p.kind, to, words[p.index], pointers[p.index])
	}
}

// loadResults puts the results in a frame into scalars, and where the caller wants them.
func (l *callLayout) loadResults(frame unsafe.Pointer, words []uint64, pointers []unsafe.Pointer) {
	for i := range l.results {
		p := &l.results[i]
		from := unsafe.Add(frame, p.offset)
		if p.kind == abi.Struct {
			typedmemmove(p.typ, pointers[p.index], from)
			continue
		}
		loadScalar(p.kind, from, &words[p.index], &pointers[p.index])
	}
}

// loadScalar extends a scalar as wasm code expects it.
func loadScalar(kind abi.Kind, from unsafe.Pointer, word *uint64, pointer *unsafe.Pointer) {
	switch kind {
	case abi.Pointer:
		*pointer = *(*unsafe.Pointer)(from)
	case abi.Int8:
		*word = uint64(*(*int8)(from))
	case abi.Uint8:
		*word = uint64(*(*uint8)(from))
	case abi.Int16:
		*word = uint64(*(*int16)(from))
	case abi.Uint16:
		*word = uint64(*(*uint16)(from))
	case abi.Int32, abi.Float32:
		*word = uint64(*(*uint32)(from))
	default:
		*word = *(*uint64)(from)
	}
}

func storeScalar(kind abi.Kind, to unsafe.Pointer, word uint64, pointer unsafe.Pointer) {
	switch kind {
	case abi.Pointer:
		*(*unsafe.Pointer)(to) = pointer
	case abi.Int8, abi.Uint8:
		*(*uint8)(to) = uint8(word)
	case abi.Int16, abi.Uint16:
		*(*uint16)(to) = uint16(word)
	case abi.Int32, abi.Float32:
		*(*uint32)(to) = uint32(word)
	default:
		*(*uint64)(to) = word
	}
}

// Layouts by function type, and by the type that reflect makes for the frame of a call.
var (
	callLayouts  sync.Map // layoutKey to *callLayout; only whether there is a receiver counts
	frameLayouts sync.Map // *abi.Type to *callLayout
)

func layoutOfFunc(t *funcType, receiver bool) *callLayout {
	key := layoutKey{ftyp: t}
	if receiver {
		key.rcvr = unsafePointerType()
	}
	if l, ok := callLayouts.Load(key); ok {
		return l.(*callLayout)
	}
	l, _ := callLayouts.LoadOrStore(key, newCallLayout(t, receiver))
	return l.(*callLayout)
}

func unsafePointerType() *abi.Type { return abi.TypeOf(unsafe.Pointer(nil)) }

// layoutOfFrame finds the layout for a frame type made by funcLayout, which knows the function type.
func layoutOfFrame(frametype *abi.Type) *callLayout {
	if l, ok := frameLayouts.Load(frametype); ok {
		return l.(*callLayout)
	}
	var found *callLayout
	layoutCache.Range(func(key, value any) bool {
		if value.(layoutType).t != frametype {
			return true
		}
		k := key.(layoutKey)
		found = layoutOfFunc(k.ftyp, k.rcvr != nil)
		return false
	})
	if found == nil {
		panic("reflect: call with an unknown frame")
	}
	frameLayouts.Store(frametype, found)
	return found
}
