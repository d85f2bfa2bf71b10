// errors

// Constants that do not fit, and operations that constants forbid.
package main

const big = 1 << 64

func main() {
	var b byte = 256 // ERROR "cannot use 256 .* as byte value in variable declaration .overflows."
	var i int = big  // ERROR "overflows"
	var d = 1 / 0    // ERROR "division by zero"
	var s = "abc"[5] // ERROR "out of bounds"
	var f int = 1.5  // ERROR "truncated"
	var u uint = -1  // ERROR "overflows"
	switch i {
	case 1, 2, 1: // ERROR "duplicate case 1"
	}
	println(b, i, d, s, f, u)
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./constants.go:9:15: cannot use 256 (untyped int constant) as byte value in variable declaration (overflows)
// OUTPUT: ./constants.go:10:14: cannot use big (untyped int constant 18446744073709551616) as int value in variable declaration (overflows)
// OUTPUT: ./constants.go:11:14: invalid operation: division by zero
// OUTPUT: ./constants.go:12:16: invalid argument: index 5 out of bounds [0:3]
// OUTPUT: ./constants.go:13:14: cannot use 1.5 (untyped float constant) as int value in variable declaration (truncated)
// OUTPUT: ./constants.go:14:15: cannot use -1 (untyped int constant) as uint value in variable declaration (overflows)
// OUTPUT: ./constants.go:16:13: duplicate case 1 (constant of type int) in expression switch
// OUTPUT: 	./constants.go:16:7: previous case
