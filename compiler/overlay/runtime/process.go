package runtime

import (
	"internal/runtime/exithook"
	"unsafe"
)

// What packages os and syscall ask of the process: arguments, environment, exit.

//go:wasmimport wasi_snapshot_preview1 args_sizes_get
//go:noescape
func wasiArgsSizes(count, size *uint32) uint32

//go:wasmimport wasi_snapshot_preview1 args_get
//go:noescape
func wasiArgs(pointers *uint32, text *byte) uint32

//go:wasmimport wasi_snapshot_preview1 environ_sizes_get
//go:noescape
func wasiEnvironSizes(count, size *uint32) uint32

//go:wasmimport wasi_snapshot_preview1 environ_get
//go:noescape
func wasiEnviron(pointers *uint32, text *byte) uint32

// hostStrings reads a list of strings as WASI hands them out: their addresses in one buffer, zero-terminated texts in another.
func hostStrings(sizes func(count, size *uint32) uint32, get func(pointers *uint32, text *byte) uint32) []string {
	var count, size uint32
	if sizes(&count, &size) != 0 || count == 0 || size == 0 {
		return nil
	}
	pointers := make([]uint32, count)
	text := make([]byte, size)
	if get(&pointers[0], &text[0]) != 0 {
		return nil
	}
	list := make([]string, count)
	base := uint32(uintptr(unsafe.Pointer(&text[0])))
	for i, p := range pointers {
		start := p - base
		end := start
		for text[end] != 0 {
			end++
		}
		list[i] = string(text[start:end])
	}
	return list
}

//go:linkname os_runtime_args os.runtime_args
func os_runtime_args() []string { return hostStrings(wasiArgsSizes, wasiArgs) }

//go:linkname syscall_runtime_envs syscall.runtime_envs
func syscall_runtime_envs() []string { return hostStrings(wasiEnvironSizes, wasiEnviron) }

//go:linkname syscall_Getpagesize syscall.Getpagesize
func syscall_Getpagesize() int { return 64 << 10 }

//go:linkname syscall_Exit syscall.Exit
func syscall_Exit(code int) { rtExit(int32(code)) }

// exitSigpipe is what a shell shows for a program that the signal SIGPIPE ended: 128 and the number of the signal.
const exitSigpipe = 128 + 13

// os_sigpipe ends a program whose standard output or error nobody reads, as the signal would that no host raises. A plain WASI host takes no
// code above 125: there the program finds the error that its write returns, as with Go's own port.
//
//go:linkname os_sigpipe os.sigpipe
func os_sigpipe() {
	if isThreaded := !rtPollByMachine(); isThreaded {
		rtExit(exitSigpipe)
	}
}

//go:linkname os_beforeExit os.runtime_beforeExit
func os_beforeExit(code int) { exithook.Run(code) }

func init() {
	exithook.Gosched = Gosched
	exithook.Goid = func() uint64 { return uint64(rtGoid()) }
	exithook.Throw = throw
}
