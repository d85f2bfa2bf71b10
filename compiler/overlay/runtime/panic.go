package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"unsafe"
)

// The walk over the panicking goroutine's frames is in Rust. When it finds no recovery it calls fatalpanic on that goroutine.

// panicRecord is one entry of the chain of panics, as rt.panic_record gives it.
type panicRecord struct {
	value eface
	flags uint64
}

const (
	panicRecovered = 1 << iota
	panicGoexit
	panicAborted
	panicRepanicked // set by panicChain: the next newer panic has the same value
)

//go:linkname rtPanicRecord rt.panic_record
func rtPanicRecord(index int32, out *panicRecord) int32

//go:linkname rtPanicExit rt.panic_exit
func rtPanicExit(bubble uint32)

type stringer interface {
	String() string
}

// panicking counts goroutines that print the panic that ends the program.
var panicking uint32

// fatalpanic prints the chain of panics and ends the program.
func fatalpanic() {
	chain := panicChain()
	var deadlocked synctestDeadlockError
	if len(chain) != 0 {
		deadlocked, _ = (*(*any)(unsafe.Pointer(&chain[0].value))).(synctestDeadlockError)
	}
	panicTexts(chain)
	atomic.Xadd(&panicking, 1)
	printlock()
	printChain(chain)
	printunlock()
	rtPanicExit(deadlocked.bubble)
}

// fatal ends the program with a fatal error of the user's making. Panics whose deferred calls led to it stand before it, but no code of
// the program runs for their texts.
func fatal(s string) {
	if chain := panicChain(); len(chain) > 0 {
		printlock()
		printChain(chain)
		printstring("\t")
		printunlock()
	}
	rtFatal(unsafe.StringData(s), int64(len(s)))
}

// panicChain is the chain of panics of this goroutine from the newest.
func panicChain() (chain []panicRecord) {
	for {
		var r panicRecord
		if rtPanicRecord(int32(len(chain)), &r) == 0 {
			return
		}
		if n := len(chain); n > 0 && chain[n-1].value == r.value {
			r.flags |= panicRepanicked
		}
		chain = append(chain, r)
	}
}

// printChain prints a chain from its oldest panic. Of panics with the same value, one after the other, the oldest stands for all.
func printChain(chain []panicRecord) {
	for i := len(chain) - 1; i >= 0; i-- {
		r := &chain[i]
		if i+1 < len(chain) {
			older := &chain[i+1]
			if older.flags&panicRepanicked != 0 {
				continue
			}
			if older.flags&panicGoexit == 0 {
				print("\t")
			}
		}
		if r.flags&panicGoexit != 0 {
			continue
		}
		print("panic: ")
		printpanicval(*(*any)(unsafe.Pointer(&r.value)))
		if r.flags&panicRecovered != 0 {
			if r.flags&panicRepanicked != 0 {
				print(" [recovered, repanicked]")
			} else {
				print(" [recovered]")
			}
		}
		print("\n")
	}
}

// panicTexts replaces the errors and Stringers among what is to be printed of the chain by their texts.
func panicTexts(chain []panicRecord) {
	defer func() {
		const text = "panic while printing panic value"
		switch r := recover().(type) {
		case nil:
		case string:
			throw(text + ": " + r)
		default:
			throw(text + ": type " + typeString(efaceOf(&r)._type))
		}
	}()
	for i := range chain {
		r := &chain[i]
		if i+1 < len(chain) && chain[i+1].flags&panicRepanicked != 0 {
			continue
		}
		var text any
		switch v := (*(*any)(unsafe.Pointer(&r.value))).(type) {
		case error:
			text = v.Error()
		case stringer:
			text = v.String()
		default:
			continue
		}
		r.value = *efaceOf(&text)
	}
}

// printpanicval prints a panic's value. Line breaks in strings are followed by a tab, so that a text cannot pass for a traceback.
func printpanicval(v any) {
	if v == nil {
		print("nil")
		return
	}
	e := efaceOf(&v)
	t := e._type
	p := e.data
	named := t.TFlag&abi.TFlagNamed != 0 && t.Uncommon() != nil
	kind := t.Kind()
	if kind > abi.Complex128 && kind != abi.String || kind == abi.Invalid {
		print("(", typeString(t), ") ", p)
		return
	}
	opening, closing := "", ""
	if named {
		opening, closing = typeString(t)+"(", ")"
		switch kind {
		case abi.String:
			opening, closing = opening+`"`, `")`
		case abi.Complex64, abi.Complex128:
			opening, closing = typeString(t), ""
		}
	}
	print(opening)
	switch kind {
	case abi.Bool:
		print(*(*bool)(p))
	case abi.Int, abi.Int64:
		print(*(*int64)(p))
	case abi.Int8:
		print(*(*int8)(p))
	case abi.Int16:
		print(*(*int16)(p))
	case abi.Int32:
		print(*(*int32)(p))
	case abi.Uint, abi.Uint64, abi.Uintptr:
		print(*(*uint64)(p))
	case abi.Uint8:
		print(*(*uint8)(p))
	case abi.Uint16:
		print(*(*uint16)(p))
	case abi.Uint32:
		print(*(*uint32)(p))
	case abi.Float32:
		print(*(*float32)(p))
	case abi.Float64:
		print(*(*float64)(p))
	case abi.Complex64:
		print(*(*complex64)(p))
	case abi.Complex128:
		print(*(*complex128)(p))
	case abi.String:
		printindented(*(*string)(p))
	}
	print(closing)
}

func printindented(s string) {
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			print(s[start:i+1], "\t")
			start = i + 1
		}
	}
	print(s[start:])
}

// unreachableMethod stands in method tables for methods that the compiler found unreachable.
func unreachableMethod() { throw("unreachable method called. linker bug?") }
