// run

// Methods with type parameters of their own: calls, values, expressions, with inferred and explicit arguments.
package main

type integer interface{ ~int | ~uint8 | ~int64 }

type R struct{ base int }

//go:noinline
func (r *R) Add[T integer](n T) T {
	if n <= 0 {
		println("not positive")
	}
	return n + T(r.base)
}

type Pair[A any] struct{ a A }

func (p Pair[A]) With[B any](b B) (A, B) { return p.a, b }

func add[T integer](r *R, n T) T { return r.Add(n) }

func main() {
	r := &R{1}
	println(r.Add(5), r.Add(uint8(255)), r.Add[int64](7))
	println(add(r, 5), add(r, uint8(6)))
	f := r.Add[uint8]
	g := (*R).Add[int]
	println(f(1), g(r, 2))
	p := Pair[string]{"s"}
	a, b := p.With(2)
	c, d := p.With(true)
	println(a, b, c, d)
}

// STDERR: 6 0 8
// STDERR: 6 7
// STDERR: 2 3
// STDERR: s 2 s true
