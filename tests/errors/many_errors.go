// errors

// After ten errors the compiler gives up.
package main

func main() {
	a1()
	a2()
	a3()
	a4()
	a5()
	a6()
	a7()
	a8()
	a9()
	a10()
	a11()
	a12()
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./many_errors.go:7:2: undefined: a1
// OUTPUT: ./many_errors.go:8:2: undefined: a2
// OUTPUT: ./many_errors.go:9:2: undefined: a3
// OUTPUT: ./many_errors.go:10:2: undefined: a4
// OUTPUT: ./many_errors.go:11:2: undefined: a5
// OUTPUT: ./many_errors.go:12:2: undefined: a6
// OUTPUT: ./many_errors.go:13:2: undefined: a7
// OUTPUT: ./many_errors.go:14:2: undefined: a8
// OUTPUT: ./many_errors.go:15:2: undefined: a9
// OUTPUT: ./many_errors.go:16:2: undefined: a10
// OUTPUT: ./many_errors.go:16:2: too many errors
