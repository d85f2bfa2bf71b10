// run

// Calls by reflection: functions, methods, method values, made functions, types made at run time.
package main

import (
	"fmt"
	"reflect"
	"strings"
)

type S struct {
	A int8
	B string
	C [3]int
	D float32
	E complex128
	F any
}

type T struct{ x int }

func (t T) Add(n int, s ...string) (int, string) { return t.x + n, strings.Join(s, "-") }
func (t *T) Set(n int)                           { t.x = n }
func (t T) Big(s S) S                            { s.A++; s.B += "!"; s.C[1] = 42; return s }

type I interface{ Big(S) S }

func f0() { fmt.Println("f0") }
func f1(a int8, b uint16, c bool, d float32, e string) (int, error) {
	return int(a) + int(b), fmt.Errorf("%v %v %v", c, d, e)
}
func many(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r int) (int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int) {
	return r, q, p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a
}

type Recoverer struct{ x int }

func (r *Recoverer) Recover() { fmt.Println("method", r.x, recover()) }
func (r Recoverer) ByValue()  { fmt.Println("value", r.x, recover()) }

func nested() { fmt.Println("nested", recover()) }

// What a deferred function that reflection made stands for recovers; what it calls does not.
func recovered(deferred func()) {
	defer func() { fmt.Println("left", recover()) }()
	defer deferred()
	panic("p")
}

func recovering() {
	r := &Recoverer{7}
	recovered(reflect.ValueOf(r).MethodByName("Recover").Interface().(func()))
	recovered(reflect.ValueOf(r).MethodByName("ByValue").Interface().(func()))
	recovered(reflect.ValueOf(interface{ ByValue() }(r)).Method(0).Interface().(func()))
	recovered(func() { reflect.ValueOf(r).MethodByName("Recover").Call(nil) })
	made := func(f func([]reflect.Value) []reflect.Value) func() {
		return reflect.MakeFunc(reflect.TypeOf(func() {}), f).Interface().(func())
	}
	recovered(made(func([]reflect.Value) []reflect.Value { fmt.Println("made", recover()); return nil }))
	recovered(made(func([]reflect.Value) []reflect.Value { nested(); return nil }))
}

// An embedded type lends its methods to a struct made at run time; its unexported ones are no obstacle.
type Lender struct{ n int }

func (l Lender) Lent() int { return l.n + l.own() }
func (l Lender) own() int  { return 1 }

func lending() {
	t := reflect.StructOf([]reflect.StructField{{Name: "Lender", Type: reflect.TypeFor[Lender](), Anonymous: true}})
	v := reflect.New(t).Elem()
	v.Field(0).Set(reflect.ValueOf(Lender{41}))
	fmt.Println(v.Interface().(interface{ Lent() int }).Lent(), v.MethodByName("Lent").Call(nil)[0])
	_, own := v.Interface().(interface{ own() int })
	_, really := any(Lender{}).(interface{ own() int })
	_, pointer := any(&Lender{}).(interface{ own() int })
	fmt.Println(own, really, pointer)
}

type Generic struct{}

func (Generic) Plain()     {}
func (Generic) Of[T any]() {}

func main() {
	recovering()
	lending()
	fmt.Println(reflect.TypeFor[Generic]().NumMethod())
	reflect.ValueOf(f0).Call(nil)
	out := reflect.ValueOf(f1).Call([]reflect.Value{reflect.ValueOf(int8(-3)), reflect.ValueOf(uint16(65535)), reflect.ValueOf(true), reflect.ValueOf(float32(1.5)), reflect.ValueOf("hello")})
	fmt.Println(out[0].Int(), out[1].Interface())
	var in []reflect.Value
	for i := 0; i < 18; i++ {
		in = append(in, reflect.ValueOf(i))
	}
	for _, o := range reflect.ValueOf(many).Call(in) {
		fmt.Print(o.Int(), " ")
	}
	fmt.Println()
	s := S{1, "b", [3]int{1, 2, 3}, 2.5, 3 + 4i, "any"}
	t := &T{5}
	v := reflect.ValueOf(t)
	fmt.Println(v.NumMethod(), v.Type().Method(0).Name, v.Type().Method(0).Type)
	fmt.Println(v.MethodByName("Big").Call([]reflect.Value{reflect.ValueOf(s)})[0].Interface())
	v.MethodByName("Set").Call([]reflect.Value{reflect.ValueOf(77)})
	fmt.Println(v.Elem().Method(0).Call([]reflect.Value{reflect.ValueOf(1), reflect.ValueOf("x"), reflect.ValueOf("y")}))
	m, _ := v.Type().MethodByName("Add")
	fmt.Println(m.Func.Call([]reflect.Value{v, reflect.ValueOf(3)}), m.Type)
	fn := m.Func.Interface().(func(*T, int, ...string) (int, string))
	fmt.Println(fn(t, 4, "q"))
	add := v.MethodByName("Add").Interface().(func(int, ...string) (int, string))
	fmt.Println(add(1, "z", "w"))
	big := v.MethodByName("Big").Interface().(func(S) S)
	fmt.Println(big(s))

	swap := func(args []reflect.Value) []reflect.Value { return []reflect.Value{args[1], args[0]} }
	var intSwap func(int, int) (int, int)
	reflect.ValueOf(&intSwap).Elem().Set(reflect.MakeFunc(reflect.TypeOf(intSwap), swap))
	fmt.Println(intSwap(1, 2))
	var sSwap func(S, string) (string, S)
	reflect.ValueOf(&sSwap).Elem().Set(reflect.MakeFunc(reflect.TypeOf(sSwap), swap))
	fmt.Println(sSwap(s, "first"))
	ft := reflect.FuncOf([]reflect.Type{reflect.TypeOf(s), reflect.TypeOf(1.5)}, []reflect.Type{reflect.TypeOf(1.5), reflect.TypeOf(s)}, false)
	mf := reflect.MakeFunc(ft, swap)
	fmt.Println(mf.Call([]reflect.Value{reflect.ValueOf(s), reflect.ValueOf(9.75)}), mf.Type())
	// suspends
	ch := make(chan int)
	var recv func(string) int
	reflect.ValueOf(&recv).Elem().Set(reflect.MakeFunc(reflect.TypeOf(recv), func(a []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(<-ch + len(a[0].String()))}
	}))
	go func() { ch <- 40 }()
	fmt.Println(recv("ab"))
	g := func(c chan int, x any) (string, int) { n := <-c; return fmt.Sprint(x), n }
	go func() { ch <- 41 }()
	fmt.Println(reflect.ValueOf(g).Call([]reflect.Value{reflect.ValueOf(ch), reflect.ValueOf(3.5)}))
	st := reflect.StructOf([]reflect.StructField{{Name: "X", Type: reflect.TypeOf(1), Tag: `json:"x"`}, {Name: "Y", Type: reflect.TypeOf("")}})
	sv := reflect.New(st).Elem()
	sv.Field(0).SetInt(5)
	sv.Field(1).SetString("why")
	fmt.Printf("%+v %T\n", sv.Interface(), sv.Interface())
	mt := reflect.MapOf(reflect.TypeOf(T{}), reflect.SliceOf(reflect.TypeOf(1)))
	mv := reflect.MakeMap(mt)
	mv.SetMapIndex(reflect.ValueOf(T{1}), reflect.ValueOf([]int{1, 2}))
	fmt.Println(mv, mv.Type())
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)}, {Dir: reflect.SelectDefault}}
	fmt.Println(reflect.Select(cases))
	cases[0] = reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(make(chan int, 1)), Send: reflect.ValueOf(1)}
	fmt.Println(reflect.Select(cases))
	defer func() { fmt.Println("recovered", recover()) }()
	reflect.ValueOf(func(p *int) { *p = 1 }).Call([]reflect.Value{reflect.Zero(reflect.TypeOf(new(int)))})
}

// STDOUT: method 7 p
// STDOUT: left <nil>
// STDOUT: value 7 p
// STDOUT: left <nil>
// STDOUT: value 7 p
// STDOUT: left <nil>
// STDOUT: method 7 <nil>
// STDOUT: left p
// STDOUT: made p
// STDOUT: left <nil>
// STDOUT: nested <nil>
// STDOUT: left p
// STDOUT: 42 42
// STDOUT: false true true
// STDOUT: 1
// STDOUT: f0
// STDOUT: 65532 true 1.5 hello
// STDOUT: 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0
// STDOUT: 3 Add func(*main.T, int, ...string) (int, string)
// STDOUT: {2 b! [1 42 3] 2.5 (3+4i) any}
// STDOUT: [<int Value> x-y]
// STDOUT: [<int Value> ] func(*main.T, int, ...string) (int, string)
// STDOUT: 81 q
// STDOUT: 78 z-w
// STDOUT: {2 b! [1 42 3] 2.5 (3+4i) any}
// STDOUT: 2 1
// STDOUT: first {1 b [1 2 3] 2.5 (3+4i) any}
// STDOUT: [<float64 Value> <main.S Value>] func(main.S, float64) (float64, main.S)
// STDOUT: 42
// STDOUT: [3.5 <int Value>]
// STDOUT: {X:5 Y:why} struct { X int "json:\"x\""; Y string }
// STDOUT: map[{1}:[1 2]] map[main.T][]int
// STDOUT: 1 <invalid reflect.Value> false
// STDOUT: 0 <invalid reflect.Value> false
// STDOUT: recovered runtime error: invalid memory address or nil pointer dereference
