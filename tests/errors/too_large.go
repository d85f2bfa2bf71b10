// errors

package main

type block [1 << 17]byte

var blocks chan block

func sizes() {
	var list map[[1 << 31]byte]bool
	println(len(list), len(blocks))
}

type all [1 << 50]byte

func main() { sizes() }

// OUTPUT: # command-line-arguments
// OUTPUT: ./too_large.go:7:5: channel element type too large (>64kB)
// OUTPUT: ./too_large.go:10:6: map key type too large
// OUTPUT: ./too_large.go:14:6: type [1125899906842624]byte larger than address space
