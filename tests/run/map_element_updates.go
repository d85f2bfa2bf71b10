// run

// Operations that assign to an element of a map: it is looked up once, made if it is not there, and not made if a division fails.
package main

type key struct {
	name string
	n    int
}

type large struct{ counts [40]int }

func try(name string, f func()) {
	defer func() {
		if err := recover(); err != nil {
			println(name, err.(error).Error())
		}
	}()
	f()
}

func main() {
	words := map[string]int{}
	for _, word := range []string{"a", "b", "a", "c", "a", "b"} {
		words[word]++
	}
	words["c"]--
	println(len(words), words["a"], words["b"], words["c"])

	texts := map[int32]string{}
	for i := range 9 {
		texts[int32(i%3)] += string(rune('a' + i))
	}
	println(texts[0], texts[1], texts[2])

	bits := map[key]uint8{}
	bits[key{"x", 1}] |= 3
	bits[key{"x", 1}] <<= 2
	bits[key{"y", 2}] &^= 1
	println(len(bits), bits[key{"x", 1}])

	divided := map[string]int{"one": 7}
	zero := 0
	try("quotient", func() { divided["two"] /= zero })
	try("remainder", func() { divided["three"] %= zero })
	divided["one"] /= 2
	println(len(divided), divided["one"])

	var none map[string]int
	try("nil", func() { none["x"]++ })

	// The operand may change the map.
	numbers := map[int]int{1: 1}
	numbers[1] += func() int {
		for i := range 1000 {
			numbers[i] = i
		}
		delete(numbers, 1)
		return 5
	}()
	println(len(numbers), numbers[1])

	any1 := map[any]float64{}
	any1["pi"] += 3
	any1[3] += 0.5
	any1["pi"] += 0.25
	println(len(any1), any1["pi"] == 3.25)

	list := map[int][]large{2: make([]large, 1)}
	list[2][0].counts[3]++
	println(list[2][0].counts[3])
}
// STDERR: 3 3 2 0
// STDERR: adg beh cfi
// STDERR: 2 12
// STDERR: quotient runtime error: integer divide by zero
// STDERR: remainder runtime error: integer divide by zero
// STDERR: 1 3
// STDERR: nil assignment to entry in nil map
// STDERR: 1000 5
// STDERR: 2 true
// STDERR: 1
