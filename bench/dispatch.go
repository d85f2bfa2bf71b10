// group: dispatch

// Calls through interfaces and closures, and type switches, over values the compiler cannot foresee.
package main

type shape interface {
	area(scale int) int
}

type square struct{ side int }
type rectangle struct{ width, height int }
type triangle struct{ base, height int }

func (s *square) area(scale int) int   { return s.side * s.side * scale }
func (r rectangle) area(scale int) int { return r.width * r.height * scale }
func (t *triangle) area(scale int) int { return t.base * t.height * scale / 2 }

func kind(v any) int {
	switch x := v.(type) {
	case int:
		return x
	case string:
		return len(x)
	case *square:
		return x.side
	case shape:
		return 7
	}
	return 0
}

//go:noinline
func adders(n int) []func(int) int {
	var fs []func(int) int
	for i := 0; i < n; i++ {
		switch i % 3 {
		case 0:
			fs = append(fs, func(x int) int { return x + i })
		case 1:
			fs = append(fs, func(x int) int { return x ^ i })
		default:
			fs = append(fs, func(x int) int { return x - 1 })
		}
	}
	return fs
}

//go:noinline
func shapes() []shape {
	return []shape{&square{3}, rectangle{2, 5}, &triangle{4, 6}, &square{1}, rectangle{7, 1}}
}

func main() {
	list, fs := shapes(), adders(7)
	values := []any{1, "four", &square{9}, rectangle{1, 2}, 3.5}
	sum := 0
	for i := 0; i < 120_000_000; i++ {
		sum += list[i%5].area(i & 3)
	}
	for i := 0; i < 120_000_000; i++ {
		sum = fs[i%7](sum)
	}
	for i := 0; i < 60_000_000; i++ {
		sum += kind(values[i%5])
	}
	println(sum)
}
