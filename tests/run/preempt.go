// run preempt procs=2
package main

// Every local variable is live across some place where the goroutine freezes, in each of the shapes that a frame can hold.

type pair struct {
	a, b int64
	s    string
	f    [3]float64
}

func sum(p pair, n int) (t pair, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	for i := range n {
		p.f[i%3] += float64(i)
		p.s += string(rune('a' + i%26))
		t = pair{a: p.a + int64(i), b: t.b ^ p.b<<(i&7), s: p.s, f: p.f}
	}
	return t, nil
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func index(s []int, i int) (v int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	for j := range i + 1 {
		v += s[j]
	}
	return v, nil
}

func each(n int) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range n {
			if !yield(i, string(rune('A'+i))) {
				return
			}
		}
	}
}

func main() {
	t, err := sum(pair{a: 1, b: 2, s: "-"}, 9)
	println(t.a, t.b, t.s, t.f[0], t.f[1], t.f[2], err == nil)
	println(fib(15))
	v, err := index([]int{1, 2, 3}, 2)
	println(v, err == nil)
	v, err = index([]int{1, 2, 3}, 3)
	println(v, err.Error())

	words := map[string][]int{}
	for i, s := range each(20) {
		words[s[:1]] = append(words[s[:1]], i)
		if i == 11 {
			break
		}
	}
	println(len(words), words["C"][0])

	ch := make(chan complex128)
	go func() {
		defer close(ch)
		var c complex128 = 1
		for range 10 {
			c *= 1i
			ch <- c
		}
	}()
	var all complex128
	for c := range ch {
		all += c
	}
	println(real(all), imag(all))
}

// STDERR: 9 508 -abcdefghi 9 12 15 true
// STDERR: 610
// STDERR: 6 true
// STDERR: 6 runtime error: index out of range [3] with length 3
// STDERR: 12 2
// STDERR: -1 1
