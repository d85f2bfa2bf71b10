// run

// Arrays of bytes as package variables are aligned by their size, so that words laid over them can be used atomically.
package main

import (
	"fmt"
	"sync/atomic"
	"unsafe"
)

var (
	a [1]byte
	b [9]byte
	c [13]byte
	d [4]byte
	e [1025]byte
	f = [11]byte{1, 2, 3}
	g = &[9]byte{4}
)

func add(bytes *byte) int32 {
	return atomic.AddInt32((*int32)(unsafe.Pointer(bytes)), 1)
}

func main() {
	a[0]++
	fmt.Println(a[0], add(&b[0]), add(&c[0]), add(&c[4]), add(&d[0]), add(&e[0]), add(&e[1020]), add(&f[0]), add(&g[0]))
	fmt.Println(atomic.AddInt64((*int64)(unsafe.Pointer(&b)), 1), atomic.AddInt64((*int64)(unsafe.Pointer(&e)), 1))
}

// STDOUT: 1 1 1 1 1 1 1 197122 5
// STDOUT: 2 2
