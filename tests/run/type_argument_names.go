// run

// Type arguments in the names of types are spaced as in reflect, with packages by path, and types of functions numbered.
package main

import "fmt"

type P[A, B any] struct {
	a A
	b B
}
type I interface{ M(x int) (y string) }

func show[T any]() {
	var t P[T, int]
	println(fmt.Sprintf("%T", t))
	println(fmt.Sprintf("%T", *new(T)))
}

func main() {
	show[any]()
	show[interface{ M() }]()
	show[interface {
		M(int, ...string) (int, error)
	}]()
	show[struct{}]()
	show[struct {
		X, Y int
		z    string "tag"
	}]()
	show[struct {
		I
		*P[int, int]
	}]()
	show[func(x int, y ...string) (a, b int)]()
	show[func()]()
	show[map[string]any]()
	show[chan<- (<-chan int)]()
	show[<-chan func()]()
	show[[]any]()
	show[[3]*struct{ x any }]()
	show[P[any, struct{}]]()
	show[P[P[any, error], interface {
		error
		M()
	}]]()
	show[byte]()
	show[rune]()
	show[error]()
	show[fmt.Stringer]()
	type L struct{ a any }
	show[L]()
	show[struct{ f func(any) struct{} }]()
	show[chan (<-chan int)]()
	show[comparableThing]()
}

type comparableThing = interface {
	fmt.Stringer
	fmt.Formatter
}

// STDERR: main.P[interface {},int]
// STDERR: <nil>
// STDERR: main.P[interface { M() },int]
// STDERR: <nil>
// STDERR: main.P[interface { M(int, ...string) (int, error) },int]
// STDERR: <nil>
// STDERR: main.P[struct {},int]
// STDERR: struct {}
// STDERR: main.P[struct { X int; Y int; main.z string "tag" },int]
// STDERR: struct { X int; Y int; z string "tag" }
// STDERR: main.P[struct { main.I; P = *main.P[int,int] },int]
// STDERR: struct { main.I; *main.P[int,int] }
// STDERR: main.P[func(int, ...string) (int, int),int]
// STDERR: func(int, ...string) (int, int)
// STDERR: main.P[func(),int]
// STDERR: func()
// STDERR: main.P[map[string]interface {},int]
// STDERR: map[string]interface {}
// STDERR: main.P[chan<- <-chan int,int]
// STDERR: chan<- <-chan int
// STDERR: main.P[<-chan func(),int]
// STDERR: <-chan func()
// STDERR: main.P[[]interface {},int]
// STDERR: []interface {}
// STDERR: main.P[[3]*struct { main.x interface {} },int]
// STDERR: [3]*struct { x interface {} }
// STDERR: main.P[main.P[interface {},struct {}],int]
// STDERR: main.P[interface {},struct {}]
// STDERR: main.P[main.P[main.P[interface {},error],interface { Error() string; M() }],int]
// STDERR: main.P[main.P[interface {},error],interface { Error() string; M() }]
// STDERR: main.P[uint8,int]
// STDERR: uint8
// STDERR: main.P[int32,int]
// STDERR: int32
// STDERR: main.P[error,int]
// STDERR: <nil>
// STDERR: main.P[fmt.Stringer,int]
// STDERR: <nil>
// STDERR: main.P[main.L·1,int]
// STDERR: main.L
// STDERR: main.P[struct { main.f func(interface {}) struct {} },int]
// STDERR: struct { f func(interface {}) struct {} }
// STDERR: main.P[chan (<-chan int),int]
// STDERR: chan (<-chan int)
// STDERR: main.P[interface { Format(fmt.State, int32); String() string },int]
// STDERR: <nil>
