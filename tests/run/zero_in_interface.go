// run
package main

// A zero that becomes an interface's value keeps its type, in every kind of literal.

type pair struct {
	a any
	b interface{ M() int }
}

type number int

func (n number) M() int { return int(n) + 7 }

//go:noinline
func list(n int) []any { return []any{int8(0), false, "", 0.0, nil, n} }

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case int8:
		return "int8"
	case bool:
		return "bool"
	case string:
		return "string"
	case float64:
		return "float64"
	case int:
		return "int"
	case number:
		return "number"
	}
	return "?"
}

func main() {
	for _, v := range list(1) {
		print(kind(v), " ")
	}
	println()
	p := &pair{0, number(0)}
	q := [9]any{3: uint8(1), 4: 0, 5: number(0)}
	m := map[string]any{"x": 0, "y": nil}
	println(kind(p.a), p.b.M(), kind(q[3]), kind(q[4]), kind(q[5]), kind(q[0]), kind(m["x"]), kind(m["y"]))
}

// STDERR: int8 bool string float64 nil int
// STDERR: int 7 ? int number nil int nil
