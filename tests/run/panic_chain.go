// run exit=2

// A panic in a deferred call is printed below the one it replaces.
package main

type failure struct{ what string }

func (f failure) Error() string { return "failure: " + f.what }

func main() {
	defer func() {
		r := recover()
		println("recovered", r.(string))
		defer func() { panic(failure{"again"}) }()
		panic(failure{"first"})
	}()
	panic("start")
}

// STDERR: recovered start
// STDERR: panic: start [recovered]
// STDERR: 	panic: failure: first
// STDERR: 	panic: failure: again
