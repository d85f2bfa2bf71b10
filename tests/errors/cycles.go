// errors

// Declarations that depend on themselves.
package main

type t struct{ a [2]t } // ERROR "invalid recursive type: t"

var x = y // ERROR "initialization cycle"
var y = f()

func f() int { return x }

const c = c + 1 // ERROR "initialization cycle"

func main() { println(x, c) }

// OUTPUT: # command-line-arguments
// OUTPUT: ./cycles.go:6:6: invalid recursive type: t refers to itself
// OUTPUT: ./cycles.go:8:5: initialization cycle for x
// OUTPUT: 	./cycles.go:8:5: x refers to y
// OUTPUT: 	./cycles.go:9:5: y refers to f
// OUTPUT: 	./cycles.go:11:6: f refers to x
// OUTPUT: ./cycles.go:13:7: initialization cycle: c refers to itself
