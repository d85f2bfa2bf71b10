// run

// Built-in functions take the results of one call as their arguments.
package main

import "unsafe"

type five struct{ a, b, c, d, e int }

var numbers = [3]int{1, 2, 3}

func pointer() (*int, int)              { return &numbers[0], 2 }
func offset() (unsafe.Pointer, uintptr) { return unsafe.Pointer(&numbers[0]), 8 }
func text() (*byte, int8)               { return unsafe.StringData("hello"), 4 }
func pair() (int, int)                  { return 3, 5 }
func words() (string, string, string)   { return "b", "a", "c" }
func parts() (float32, float32)         { return 1, 2 }
func entry() (map[string]int, string)   { return table, "x" }
func appended() ([]any, int, string)    { return nil, 1, "s" }
func copied() ([]byte, string)          { return buffer, "xyz" }

var table = map[string]int{"x": 1, "y": 2}
var buffer = make([]byte, 2)

func empty(i int) (problem string) {
	defer func() { problem = recover().(error).Error() }()
	list := [0]five{}
	list[i].c++
	return "none"
}

func main() {
	println(len(unsafe.Slice(pointer())), *(*int)(unsafe.Add(offset())), unsafe.String(text()))
	println(min(pair()), max(pair()), min(words()), max(words()))
	println(real(complex(parts())) == 1, len(append(appended())), copy(copied()), string(buffer))
	delete(entry())
	println(len(table))
	println(empty(0))
}

// STDERR: 2 2 hell
// STDERR: 3 5 a c
// STDERR: true 2 2 xy
// STDERR: 1
// STDERR: runtime error: index out of range [0] with length 0
