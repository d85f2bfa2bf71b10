// run

// Types larger than the memory may be named and described; objects of them cannot be made.
package main

import "unsafe"

const n = 4 << 40

var sink any

type huge struct {
	x float64
	y [n]*byte
	z []string
}

func main() {
	if sink != nil {
		sink = new([n]*byte)
		sink = new([n]uintptr)
		sink = new(huge)
	}
	println(unsafe.Sizeof(huge{}), unsafe.Offsetof(huge{}.z))
	defer func() { println(recover() != nil) }()
	sink = make([][n / 8]*byte, len(many))
}

var many [3]int

// STDERR: 35184372088864 35184372088840
// STDERR: true
