// errors

// What is declared and not used.
package main

import "unsafe" // ERROR "imported and not used"

func f(x int) int {
	y := x // ERROR "declared and not used: y"
	for {
		break
	}
} // ERROR "missing return"

func main() {
	f(undefinedName)   // ERROR "undefined: undefinedName"
	for i := range 3 { // ERROR "declared and not used: i"
	}
label: // ERROR "label label defined and not used"
	return
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./unused.go:6:8: "unsafe" imported and not used
// OUTPUT: ./unused.go:9:2: declared and not used: y
// OUTPUT: ./unused.go:13:1: missing return
// OUTPUT: ./unused.go:16:4: undefined: undefinedName
// OUTPUT: ./unused.go:17:6: declared and not used: i
// OUTPUT: ./unused.go:19:1: label label defined and not used
