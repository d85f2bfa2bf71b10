// run

// Generics, maps of aggregates, iteration, recovered run-time errors.
package main

import "runtime"

type E struct{ a, b int }

type S struct {
	m map[string][]E
	f func(...any) int
	c complex64
}

type G[K comparable, V any] struct{ m map[K]V }

func (g *G[K, V]) Set(k K, v V) {
	if g.m == nil {
		g.m = map[K]V{}
	}
	g.m[k] = v
}
func (g G[K, V]) Each(f func(K, V)) {
	for k, v := range g.m {
		f(k, v)
	}
}

type Num interface{ ~int | ~float64 }

func Sum[T Num](xs ...T) (t T) {
	for _, x := range xs {
		t += x
	}
	return
}

type Tree[T any] struct {
	l, r *Tree[T]
	v    T
}

func (t *Tree[T]) Walk(yield func(T) bool) bool {
	return t == nil || t.l.Walk(yield) && yield(t.v) && t.r.Walk(yield)
}

type myErr struct{ code int }

func (e *myErr) Error() string { return "myErr" }

func may(n int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &myErr{n}
		}
	}()
	var a [3]int
	a[n%5]++
	return nil
}

// One of the variables that := names is assigned to: an interface.
func again(x any, n int) int {
	old, x := x, n
	_, x = old.(int), x.(int)+1
	return x.(int)
}

func main() {
	println(again(1, 2))
	g := &G[string, E]{}
	g.Set("a", E{1, 2})
	g.Each(func(k string, e E) { println(k, e.a, e.b) })
	println(Sum(1, 2, 3), Sum(1.5, 2))
	t := &Tree[int]{&Tree[int]{nil, nil, 1}, nil, 2}
	for x := range func(y func(int) bool) { t.Walk(y) } {
		println(x)
	}
	println(may(2) == nil, may(4).(*myErr).code)
	s := S{m: map[string][]E{"x": {{1, 2}, {3, 4}}}, f: func(a ...any) int { return len(a) }, c: 1 + 2i}
	println(s.m["x"][1].b, s.f(1, "a", nil), real(s.c*s.c))
	for i := 0; i < 1000; i++ {
		m := map[[2]string]any{}
		for j := 0; j < 20; j++ {
			m[[2]string{"k", string(rune('a' + j))}] = j
		}
		if len(m) != 20 || m[[2]string{"k", "c"}] != 2 {
			panic("map")
		}
	}
	runtime.GC()
	ch := make(chan [6]int, 1)
	go func() {
		defer close(ch)
		for i := 0; i < 3; i++ {
			ch <- [6]int{i}
		}
	}()
	for a := range ch {
		print(a[0], ";")
	}
	println()
	func() {
		defer func() { println(recover().(error).Error()) }()
		var x any = "s"
		_ = x.(int)
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		var m map[string]int
		m["a"] = 1
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		x := []int{1, 2, 3}
		i := 5
		_ = x[1:i]
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		m := map[any]int{}
		m[[]int{}] = 1
	}()
}

// STDERR: 3
// STDERR: a 1 2
// STDERR: 6 3.5
// STDERR: 1
// STDERR: 2
// STDERR: true 4
// STDERR: 4 3 -3
// STDERR: 0;1;2;
// STDERR: interface conversion: interface {} is string, not int
// STDERR: assignment to entry in nil map
// STDERR: runtime error: slice bounds out of range [:5] with capacity 3
// STDERR: runtime error: hash of unhashable type []int
