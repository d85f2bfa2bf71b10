// run

// Loops over functions: jumps, returns and defers out of the body, captured variables, and misuse by the function.
package main

func count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func pairs(yield func(int, string) bool) {
	_ = yield(1, "a") && yield(2, "b")
}

type list struct {
	v    int
	next *list
}

func (l *list) all(yield func(*list) bool) {
	for ; l != nil; l = l.next {
		if !yield(l) {
			return
		}
	}
}

func find(n, want int) (at int, ok bool) {
	for i := range count(n) {
		if i == want {
			return i * 10, true
		}
	}
	return -1, false
}

func big() [5]int {
	for i := range count(3) {
		if i == 2 {
			return [5]int{1, 2, 3, i}
		}
	}
	return [5]int{}
}

func defers() (s string) {
	defer func() { s += "!" }()
	for i := range count(3) {
		defer func() { s += string(rune('0' + i)) }()
	}
	s = "x"
	return s
}

func nested() int {
	total := 0
outer:
	for i := range count(10) {
		for j := range count(10) {
			if j == 3 {
				continue outer
			}
			if i == 4 {
				break outer
			}
			total += i*10 + j
		}
	}
	return total
}

func bad(yield func(int) bool) {
	yield(1)
	yield(2)
}

func tryBad() (r any) {
	defer func() { r = recover() }()
	for range bad {
		break
	}
	return nil
}

// swallow hides the panics of the loop body, and goes on.
func swallow(yield func(int) bool) {
	for i := range 3 {
		func() {
			defer func() { recover() }()
			yield(i)
		}()
	}
}

func trySwallow() (r any) {
	defer func() { r = recover() }()
	for range swallow {
		break
	}
	return nil
}

func main() {
	sum := 0
	for i := range count(5) {
		if i == 3 {
			continue
		}
		sum += i
	}
	println(sum)
	for k, v := range pairs {
		println(k, v)
	}
	l := &list{1, &list{2, nil}}
	for x := range l.all {
		println(x.v)
	}
	println(find(5, 3))
	println(find(5, 7))
	println(big()[3], defers(), nested())
	var fs []func() int
	for i := range count(3) {
		fs = append(fs, func() int { i++; return i })
	}
	println(fs[0](), fs[1](), fs[2](), fs[0]())
	for range count(2) {
		print(".")
	}
	println()
	e := tryBad()
	println(e.(error).Error())
	e = trySwallow()
	println(e.(error).Error())
}

// STDERR: 7
// STDERR: 1 a
// STDERR: 2 b
// STDERR: 1
// STDERR: 2
// STDERR: 30 true
// STDERR: -1 false
// STDERR: 2 x210! 192
// STDERR: 1 2 3 2
// STDERR: ..
// STDERR: runtime error: range function continued iteration after function for loop body returned false
// STDERR: runtime error: range function recovered a loop body panic and did not resume panicking
