package runtime

import (
	"internal/abi"
	"unsafe"
)

// Names and types in descriptors are offsets from the start of the module's type section.

// moduleInfo mirrors the words of ModuleInfo that Go code reads (abi/src/module_info.rs).
type moduleInfo struct {
	_          [11]uint32
	dataStart  uint32
	dataEnd    uint32
	_          uint32
	heapStart  uint32
	typesStart uint32
	typesEnd   uint32
	itabs      uint32
	itabCount  uint32
	typeLinks  uint32
	typeCount  uint32
	buildInfo  uint32
	buildLen   uint32
	_          uint32
	calls      uint32
	callCount  uint32
}

func module() *moduleInfo { return (*moduleInfo)(rtModuleInfo()) }

func typesBase() unsafe.Pointer { return unsafe.Pointer(uintptr(module().typesStart)) }

func resolveName(off abi.NameOff) abi.Name {
	if off == 0 {
		return abi.Name{}
	}
	return abi.Name{Bytes: (*byte)(resolveOff(int32(off)))}
}

func resolveType(off abi.TypeOff) *_type {
	if off == 0 || off == -1 {
		return nil
	}
	return (*_type)(resolveOff(int32(off)))
}

// typeString is the name of t as reflect prints it.
func typeString(t *_type) string {
	s := resolveName(t.Str).Name()
	if t.TFlag&abi.TFlagExtraStar != 0 {
		return s[1:]
	}
	return s
}

// pkgPath is the import path of the package that declares t, "" for unnamed and predeclared types.
func pkgPath(t *_type) string {
	if u := t.Uncommon(); u != nil {
		return resolveName(u.PkgPath).Name()
	}
	switch t.Kind() {
	case abi.Struct:
		return (*abi.StructType)(unsafe.Pointer(t)).PkgPath.Name()
	case abi.Interface:
		return (*abi.InterfaceType)(unsafe.Pointer(t)).PkgPath.Name()
	}
	return ""
}

// namePkgPath is the package path stored with an unexported name, "" if there is none.
func namePkgPath(n abi.Name) string {
	if n.Bytes == nil || *n.Data(0)&(1<<2) == 0 {
		return ""
	}
	i, l := n.ReadVarint(1)
	off := 1 + i + l
	if n.HasTag() {
		i2, l2 := n.ReadVarint(off)
		off += i2 + l2
	}
	var nameOff abi.NameOff
	memmove(unsafe.Pointer(&nameOff), unsafe.Pointer(n.Data(off)), 4)
	return resolveName(nameOff).Name()
}
