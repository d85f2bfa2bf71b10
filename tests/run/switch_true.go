// run

// A switch without an expression compares cases that are interfaces with true.
package main

func main() {
	switch i := interface{}(true); {
	case i:
		println("i")
	case false:
		println("false")
	}
	switch i := any(Id(false)); {
	case i:
		println("i")
	case Id(true):
		println("true")
	default:
		println("default")
	}
}

func Id[T any](v T) T { return v }

// STDERR: i
// STDERR: true
