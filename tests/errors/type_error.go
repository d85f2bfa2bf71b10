// errors

// Operands, assignments and calls of wrong types.
package main

type point struct{ x, y int }

func (p point) sum() int { return p.x + p.y }

type summer interface{ sum() int64 }

func main() {
	var s string = 1 // ERROR "cannot use 1 .untyped int constant. as string value in variable declaration"
	n := 1 + "a"     // ERROR "mismatched types untyped int and untyped string"
	s += n
	var p point
	p.z = 3          // ERROR "p.z undefined"
	var _ summer = p // ERROR "does not implement summer"
	p.sum(1)         // ERROR "too many arguments in call to p.sum"
	a, b := p.sum()  // ERROR "assignment mismatch: 2 variables but p.sum returns 1 value"
	println(a, b, s)
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./type_error.go:13:17: cannot use 1 (untyped int constant) as string value in variable declaration
// OUTPUT: ./type_error.go:14:7: invalid operation: 1 + "a" (mismatched types untyped int and untyped string)
// OUTPUT: ./type_error.go:17:4: p.z undefined (type point has no field or method z)
// OUTPUT: ./type_error.go:18:17: cannot use p (variable of struct type point) as summer value in variable declaration: point does not implement summer (wrong type for method sum)
// OUTPUT: 		have sum() int
// OUTPUT: 		want sum() int64
// OUTPUT: ./type_error.go:19:8: too many arguments in call to p.sum
// OUTPUT: 	have (number)
// OUTPUT: 	want ()
// OUTPUT: ./type_error.go:20:10: assignment mismatch: 2 variables but p.sum returns 1 value
