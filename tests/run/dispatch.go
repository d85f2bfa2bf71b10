// run

// Interface methods with few implementations, closures of one signature, and assertions to interfaces of more types than a cache holds.
package main

type shape interface {
	area(scale int) int
	name() string
}

type square struct{ side int }
type rectangle struct{ width, height int }

func (s *square) area(scale int) int   { return s.side * s.side * scale }
func (s *square) name() string         { return "square" }
func (r rectangle) area(scale int) int { return r.width * r.height * scale }
func (r rectangle) name() string       { return "rectangle" }

// One implementation only.
type counter interface{ add(n int) counter }
type count struct{ n int }

func (c *count) add(n int) counter { c.n += n; return c }

// The same method, but not the whole interface.
type other struct{}

func (other) name() string { return "other" }

type named interface{ name() string }

// A deferred call through an interface recovers.
type saver interface{ save() }
type recoverer struct{ what any }

func (r *recoverer) save() { r.what = recover() }

func guarded(f func()) (what any) {
	r := &recoverer{}
	defer func() { what = r.what }()
	var s saver = r
	defer s.save()
	f()
	return nil
}

func total(list []shape) (sum int) {
	for i := 0; i < 10; i++ {
		for _, s := range list {
			sum += s.area(i)
		}
	}
	return sum
}

func apply(fs []func(int16, int16) int16, x int16) int16 {
	for i := range 100 {
		x = fs[i%len(fs)](x, int16(i))
	}
	return x
}

type a0 struct{}
type a1 struct{}
type a2 int
type a3 string
type a4 float64

func (a0) name() string  { return "a0" }
func (*a1) name() string { return "a1" }
func (a3) name() string  { return "a3" }

type tag[T any] struct{ v T }

func (t tag[T]) name() string { return "tag" }

func main() {
	list := []shape{&square{3}, rectangle{2, 5}, &rectangle{1, 1}}
	println(total(list))
	for _, s := range list {
		print(s.name(), " ")
	}
	println()

	var c counter = &count{}
	for i := range 10 {
		c = c.add(i)
	}
	println(c.(*count).n)

	println(guarded(func() { panic("saved") }).(string))
	println(guarded(func() {
		var nobody *square
		total([]shape{nobody})
	}).(interface{ Error() string }).Error())
	println(guarded(func() {
		var none shape
		println(none.area(1))
	}).(interface{ Error() string }).Error())
	println(guarded(func() {
		var nobody *rectangle
		total([]shape{nobody})
	}).(interface{ Error() string }).Error())

	n := int16(3)
	fs := []func(int16, int16) int16{
		func(x, y int16) int16 { return x + n },
		func(x, y int16) int16 { n++; return x ^ y },
	}
	println(apply(fs, 1), n)

	values := []any{
		&square{1}, rectangle{}, other{}, nil, a0{}, &a0{}, a1{}, &a1{}, a2(1), a3("x"), a4(2), 1, "s", 2.5, []int{1},
		tag[int]{}, tag[int8]{}, tag[string]{}, tag[bool]{}, tag[a0]{}, tag[a1]{}, tag[any]{}, tag[error]{}, tag[[]int]{}, tag[*int]{},
	}
	shapes, names, neither := 0, 0, 0
	for range 3 {
		for _, v := range values {
			switch v := v.(type) {
			case shape:
				shapes += len(v.name())
			case named:
				names += len(v.name())
			default:
				if _, ok := v.(interface{ name() string }); ok {
					println("wrong")
				}
				neither++
			}
		}
	}
	println(shapes, names, neither)
	println(guarded(func() { println(values[13].(named).name()) }).(interface{ Error() string }).Error())
	println(guarded(func() { println(values[3].(named).name()) }).(interface{ Error() string }).Error())
}

// STDERR: 900
// STDERR: square rectangle rectangle
// STDERR: 45
// STDERR: saved
// STDERR: runtime error: invalid memory address or nil pointer dereference
// STDERR: runtime error: invalid memory address or nil pointer dereference
// STDERR: value method main.rectangle.area called using nil *rectangle pointer
// STDERR: 1154 53
// STDERR: 45 129 24
// STDERR: interface conversion: float64 is not main.named: missing method name
// STDERR: interface conversion: interface is nil, not main.named
