package main

import "unsafe"

type point struct{ x, y int }

type big struct {
	name string
	at   [4]point
	next *big
}

type shape interface {
	area() float64
	scale(by float64)
}

type square struct{ side float64 }

func (s square) area() float64     { return s.side * s.side }
func (s *square) scale(by float64) { s.side *= by }

type named struct {
	*square
	big
	label string
}

type number int

func (n number) String() string { return "n" }

type stringer interface{ String() string }

type list[T any] struct {
	items []T
}

func (l *list[T]) push(x T) { l.items = append(l.items, x) }
func (l *list[T]) len() int { return len(l.items) }

func apply[T, U any](xs []T, f func(T) U) []U {
	var out []U
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

var (
	global   = big{name: "g"}
	computed = fib(5)
	errors   = map[string]int{"a": 1, "b": 2}
	function = func(x int) int { return x + computed }
	chain    = &big{next: &big{name: "inner"}}
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func multi(a int, b string) (n int, s string, err error) {
	n, s = a, b
	switch {
	case a > 3 && b != "":
		n++
	case a == 0:
		fallthrough
	default:
		s += "x" + b + "y"
	}
	return
}

func deferred(n int) (result int) {
	defer func() {
		if r := recover(); r != nil {
			result = -1
		}
	}()
	defer println("done", n)
	for i := 0; i < n; i++ {
		if i == 3 {
			panic("three")
		}
	}
	return n
}

func deferLoop(fs []func()) (b big) {
	for _, f := range fs {
		defer f()
	}
	b.name = "loop"
	return b
}

func kinds(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case int:
		if v > 0 {
			return "positive"
		}
		return "int"
	case string, []byte:
		_ = v
		return "text"
	case stringer:
		return v.String()
	case big:
		return v.name
	case *square:
		return "square"
	case error:
		return v.Error()
	}
	return "other"
}

func channels(c chan int, d chan big, done <-chan struct{}) int {
	c <- 1
	v, ok := <-c
	select {
	case x := <-c:
		return x
	case d <- global:
	case b, ok := <-d:
		if ok {
			return len(b.name)
		}
	case <-done:
	}
	select {
	case c <- v:
	default:
	}
	select {
	case v = <-c:
	default:
		v = 0
	}
	for x := range c {
		v += x
	}
	close(c)
	if !ok {
		return cap(c) + len(d)
	}
	go func(n int) { c <- n }(v)
	go fib(3)
	return v
}

func loops(s string, m map[string]big, a [3]int, p *[3]int) (total int) {
	for i, r := range s {
		total += i + int(r)
	}
	for k, v := range m {
		if k == v.name {
			delete(m, k)
		}
	}
	for i := range 10 {
		total += i
	}
	for i, x := range a {
		total += x * i
	}
	for i := range p {
		p[i]++
	}
outer:
	for i := 0; ; i++ {
		for j := 0; j < 3; j++ {
			if i*j > 5 {
				break outer
			}
			if j == 2 {
				continue outer
			}
		}
	}
	var funcs []func() int
	for i := 0; i < 3; i++ {
		funcs = append(funcs, func() int { i++; return i })
	}
	for _, f := range funcs {
		total += f()
	}
	n := 0
again:
	n++
	if n < 3 {
		goto again
	}
	return total + n
}

func numbers(a int8, b uint8, c int32, d uint64, f float32, g float64, z complex128) float64 {
	a += 3
	b <<= 2
	c = c>>a ^ 7
	d = d/uint64(b|1) + uint64(c)%5
	b = b &^ 3
	f = f*2 + float32(d)
	g -= float64(f) / 3
	z = z*z/complex(g, 1) + 1i
	if z == complex(1, 2) || g != g {
		return real(z)
	}
	return imag(z) + float64(max(a, 3)) + min(g, 2) + float64(int16(c)) + float64(uint32(g))
}

func memory(n *named, b []byte, s string) big {
	n.scale(2)
	n.name = s
	n.at[n.at[0].x].y = len(b)
	copy(b, s)
	copy(n.at[1:], n.at[:2])
	b = append(b, s...)
	b = append(b, 'a', 'b')
	t := [...]big{1: global, 0: {name: "q"}}
	t[0], t[1] = t[1], t[0]
	u := t
	u[1].name = string(b[1:2:3])
	q := &u[0].at[2]
	q.x, q.y = q.y, q.x
	arr := [4]byte(b)
	ptr := (*[2]byte)(b)
	x := *(*int)(unsafe.Pointer(q))
	_ = uintptr(unsafe.Pointer(ptr)) + uintptr(x)
	m := map[point]big{{1, 2}: global}
	m[point{3, 4}] = u[0]
	_, ok := m[point{}]
	if ok && arr[0] == ptr[1] {
		clear(m)
	}
	e := map[any]int{1: 2, "x": 3}
	e[q]++
	e[n.label] += 4
	r := []rune(s)
	if s < string(r) && any(x) == any(s) || any(global.next) == nil {
		return *global.next
	}
	return u[len(m)]
}

func methods(sq *square, i shape) float64 {
	f := i.area
	g := (*square).scale
	h := square.area
	k := shape.area
	g(sq, 2)
	defer sq.scale(3)
	defer i.scale(4)
	var n stringer = number(3)
	if n2, ok := i.(stringer); ok {
		n = n2
	}
	_ = n.String()
	if _, ok := i.(*square); !ok {
		i = &named{square: sq}
	}
	return f() + h(*sq) + k(i)
}

func main() {
	l := &list[string]{}
	l.push("a")
	apply(l.items, func(s string) int { return len(s) })
	println(l.len(), fib(3), deferred(4), kinds(number(2)), numbers(1, 2, 3, 4, 5, 6, 7), function(1))
	println(multi(1, "b"))
	println(channels(nil, nil, nil), loops("", nil, [3]int{}, &[3]int{}), errors["a"], chain.next.name)
	b := memory(&named{}, nil, "s")
	println(b.name, methods(nil, nil), len(deferLoop(nil).name))
}
