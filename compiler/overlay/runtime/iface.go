package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"unsafe"
)

// Interface tables.
//
// An itab pairs an interface type with a concrete type and lists the table indices of the methods. The compiler emits those it can
// foresee; the others are made here on first use and kept for the life of the program in a hash table with open addressing. A negative
// answer is kept too (Fun[0] is 0), so that failing type assertions stay cheap.
//
// The table is read without a lock: a larger one replaces it as a whole, and an entry is stored only when its itab is complete.
// Writers hold itabLock.

type itabTable struct {
	entries []*itab // length is a power of two
	count   int
}

var (
	itabs    *itabTable
	itabLock uint32
)

const firstItabTableSize = 64

func itabHash(inter *abi.InterfaceType, t *_type) uintptr {
	return uintptr(inter.Type.Hash ^ t.Hash)
}

func (tab *itabTable) find(inter *abi.InterfaceType, t *_type) *itab {
	mask := uintptr(len(tab.entries) - 1)
	h := itabHash(inter, t) & mask
	for step := uintptr(1); ; step++ {
		m := (*itab)(atomicLoadPointer(unsafe.Pointer(&tab.entries[h])))
		if m == nil {
			return nil
		}
		if m.Inter == inter && m.Type == t {
			return m
		}
		h = (h + step) & mask
	}
}

func (tab *itabTable) insert(m *itab) {
	mask := uintptr(len(tab.entries) - 1)
	h := itabHash(m.Inter, m.Type) & mask
	for step := uintptr(1); ; step++ {
		if tab.entries[h] == nil {
			atomicStorePointer(unsafe.Pointer(&tab.entries[h]), unsafe.Pointer(m))
			tab.count++
			return
		}
		h = (h + step) & mask
	}
}

// loadItabs returns the table, which the first caller fills with the compiler's itabs.
func loadItabs() *itabTable {
	tab := (*itabTable)(atomicLoadPointer(unsafe.Pointer(&itabs)))
	if tab != nil {
		return tab
	}
	lock(&itabLock)
	if itabs == nil {
		info := module()
		n := int(info.itabCount)
		size := firstItabTableSize
		for size*3 < n*4+4 {
			size *= 2
		}
		tab = &itabTable{entries: make([]*itab, size)}
		list := unsafe.Slice((*uint32)(unsafe.Pointer(uintptr(info.itabs))), n)
		for _, address := range list {
			if address == 0 { // left out of the program
				continue
			}
			tab.insert((*itab)(unsafe.Pointer(uintptr(address))))
		}
		atomicStorePointer(unsafe.Pointer(&itabs), unsafe.Pointer(tab))
	}
	tab = itabs
	unlock(&itabLock)
	return tab
}

// getitab returns the itab of t for inter, or nil if t lacks a method and canfail is set; otherwise it panics.
func getitab(inter *abi.InterfaceType, t *_type, canfail bool) *itab {
	m := loadItabs().find(inter, t)
	if m == nil {
		m = makeItab(inter, t)
	}
	if m.Fun[0] != 0 {
		return m
	}
	if canfail {
		return nil
	}
	panic(&TypeAssertionError{nil, t, &inter.Type, fillItab(m)})
}

func makeItab(inter *abi.InterfaceType, t *_type) *itab {
	n := len(inter.Methods)
	size := unsafe.Sizeof(itab{})
	if n > 1 {
		size += uintptr(n-1) * 8
	}
	fresh := (*itab)(mallocgc(size, itabMemory()))
	fresh.Inter = inter
	fresh.Type = t
	fresh.Hash = t.Hash
	fillItab(fresh)
	lock(&itabLock)
	tab := itabs
	m := tab.find(inter, t)
	if m == nil {
		m = fresh
		if tab.count*4 >= len(tab.entries)*3 {
			larger := &itabTable{entries: make([]*itab, len(tab.entries)*2)}
			for _, old := range tab.entries {
				if old != nil {
					larger.insert(old)
				}
			}
			tab = larger
			atomicStorePointer(unsafe.Pointer(&itabs), unsafe.Pointer(tab))
		}
		tab.insert(m)
	}
	unlock(&itabLock)
	return m
}

// itabMemory describes itab memory to the collector: words that can hold pointers to types.
func itabMemory() *_type {
	var x any = unsafe.Pointer(nil)
	return efaceOf(&x)._type
}

// fillItab writes the method table of m. Both method lists are sorted by name, so one pass finds all. If a method is missing the table
// stays marked as negative (Fun[0] is 0) and the method's name is returned.
func fillItab(m *itab) (missing string) {
	inter, t := m.Inter, m.Type
	u := t.Uncommon()
	var have []abi.Method
	if u != nil {
		have = u.Methods()
	}
	fun := unsafe.Slice((*uintptr)(unsafe.Pointer(&m.Fun[0])), len(inter.Methods))
	var first uintptr
	j := 0
next:
	for i := range inter.Methods {
		want := &inter.Methods[i]
		wantName := resolveName(want.Name)
		name := wantName.Name()
		typ := resolveType(want.Typ)
		for ; j < len(have); j++ {
			method := &have[j]
			haveName := resolveName(method.Name)
			if haveName.Name() != name || resolveType(method.Mtyp) != typ {
				continue
			}
			if !haveName.IsExported() {
				wantPath := namePkgPath(wantName)
				if wantPath == "" {
					wantPath = inter.PkgPath.Name()
				}
				havePath := namePkgPath(haveName)
				if havePath == "" {
					havePath = resolveName(u.PkgPath).Name()
				}
				if wantPath != havePath {
					continue
				}
			}
			index := resolveText(method.Ifn)
			if i == 0 {
				first = index
			} else {
				fun[i] = index
			}
			j++
			continue next
		}
		return name
	}
	fun[0] = first
	return ""
}

// itabCache has the last answers of getitab for one interface type, spread by the concrete type; the compiler makes one for each interface
// type that it converts or asserts to. An entry is one word, so that it is read and written whole: the type's address below, the itab's (0
// if a method is missing) above. Types and itabs never go away.
type itabCache [16]uint64

// cachedItab returns the itab of t for inter, nil if t is nil or lacks a method.
func cachedItab(inter *abi.InterfaceType, t *_type, cache *itabCache) *itab {
	address := uint32(uintptr(unsafe.Pointer(t)))
	entry := &cache[address*0x9E3779B1>>28]
	if word := atomic.Load64(entry); uint32(word) == address {
		return (*itab)(unsafe.Pointer(uintptr(word >> 32)))
	}
	return fillItabCache(inter, t, entry)
}

//go:noinline
func fillItabCache(inter *abi.InterfaceType, t *_type, entry *uint64) *itab {
	if t == nil {
		return nil
	}
	m := getitab(inter, t, true)
	atomic.Store64(entry, uint64(uintptr(unsafe.Pointer(m)))<<32|uint64(uintptr(unsafe.Pointer(t))))
	return m
}

// assertE2I returns the itab of t for inter and panics if t is nil or lacks a method.
func assertE2I(inter *abi.InterfaceType, t *_type) *itab {
	if t == nil {
		panic(&TypeAssertionError{nil, nil, &inter.Type, ""})
	}
	return getitab(inter, t, false)
}

// assertE2I2 is assertE2I that returns nil instead of panicking.
func assertE2I2(inter *abi.InterfaceType, t *_type) *itab {
	if t == nil {
		return nil
	}
	return getitab(inter, t, true)
}

// convT copies the value at v to the heap, for storing it in an interface.
func convT(t *_type, v unsafe.Pointer) unsafe.Pointer {
	p := mallocgc(t.Size_, t)
	memmove(p, v, t.Size_)
	return p
}
