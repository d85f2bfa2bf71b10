// run env=GODEBUG=gcstoptheworld=0,panicnil=1

// A panic with nil is one of its own kind unless the setting panicnil says that it is not; a program may change its mind.
package main

import (
	"fmt"
	"os"
)

func try(v any) {
	reached := false
	defer func() { fmt.Println(recover(), reached) }()
	panic(v)
}

func main() {
	try(nil)
	os.Setenv("GODEBUG", "")
	try(nil)
	os.Setenv("GODEBUG", "panicnil=0,panicnil=1")
	try(nil)
	os.Setenv("GODEBUG", "panicnil=1,xpanicnil=1,panicnil=0")
	try(nil)
}

// STDOUT: <nil> false
// STDOUT: runtime error: panic called with nil argument false
// STDOUT: <nil> false
// STDOUT: runtime error: panic called with nil argument false
