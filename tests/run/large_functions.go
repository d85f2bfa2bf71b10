// run preempt

// Functions of some size are compiled once: the copy that is called is the copy that goes on with a frame. They freeze here before, in
// and behind loops, in loops within loops, with goto, defers and recovered panics, with results of several kinds.
package main

import "runtime"

type point struct {
	x, y int
	name string
	next *point
}

//go:noinline
func pause[T any](v T) T {
	runtime.Gosched()
	return v
}

//go:noinline
func straight(a int, f float64, s string, p *point) (int, float64, string, *point) {
	b := pause(a + 1)
	g := pause(f * 2)
	t := pause(s + "!")
	q := pause(&point{x: b, y: a, name: t, next: p})
	c := pause(b*3 + q.x)
	h := pause(g + float64(c))
	u := pause(t + q.name)
	r := pause(&point{x: c, y: b, name: u, next: q})
	d := pause(c + r.y - r.next.x)
	i := pause(h - g)
	v := pause(u[:len(t)] + r.next.name)
	if d%2 == 0 {
		d = pause(d + len(v))
	} else {
		d = pause(d - len(v))
	}
	return d + a, i + f, v + s, r
}

//go:noinline
func loops(n int) (sum int, last string) {
	first := pause(n)
	words := pause([]string{"a", "b", "c"})
	for i := range n {
		sum += pause(i) + first
		for j := 0; j < i; j++ {
			if j == 3 {
				break
			}
			sum += pause(j * len(words[j%3]))
			last = pause(words[(i+j)%3])
		}
		for j := i; j > 0; j /= 2 {
			sum ^= j
		}
	}
	middle := pause(sum)
	k := 0
again:
	sum += pause(k)
	k++
	if k%3 == 1 {
		goto again
	}
	for k < 10 {
		k += pause(2)
		if k == 7 {
			goto again
		}
	}
	kinds := 0
	for _, word := range words {
		switch pause(word) {
		case "a":
			kinds += pause(1)
		case "b":
			kinds += pause(10)
			continue
		default:
			kinds += pause(100)
		}
		sum += kinds
	}
	return pause(sum+middle-first) + kinds, pause(last + words[k%3])
}

//go:noinline
func guarded(list []int, index int, p *point) (text string, total int) {
	defer func() {
		total += pause(1000)
		if e := recover(); e != nil {
			text = pause(e.(error).Error())
		}
	}()
	total = pause(list[0])
	total += pause(list[1])
	text = pause("start")
	for _, v := range list[:2] {
		total += pause(v) * list[index]
	}
	total += pause(list[index])
	text += pause(p.name)
	total += pause(p.x / (index - 2))
	text += pause(p.name[index:])
	total += pause(list[index+1])
	return text + pause("end"), total + pause(p.next.x)
}

func main() {
	done := make(chan bool)
	go func() {
		for range 3 {
			pause(0)
		}
		done <- true
	}()
	p := &point{x: 5, y: 6, name: "p"}
	a, f, s, r := straight(7, 1.5, "word", p)
	println(a, int(f*10), s, r.x, r.name, r.next.name, r.next.next == p)
	println(loops(6))
	println(loops(0))
	list := []int{1, 2, 3, 4}
	println(guarded(list, 1, p))
	println(guarded(list, 4, p))
	println(guarded(list, 2, p))
	println(guarded(list, 3, &point{x: 5, name: "long name"}))
	println(guarded(list[:3], 1, nil))
	<-done
}

// STDERR: 49 335 word!word!word 32 word!word! word! true
// STDERR: 342 bb
// STDERR: 224 b
// STDERR: runtime error: invalid memory address or nil pointer dereference 1009
// STDERR: runtime error: index out of range [4] with length 4 1003
// STDERR: runtime error: integer divide by zero 1015
// STDERR: runtime error: index out of range [4] with length 4 1024
// STDERR: runtime error: invalid memory address or nil pointer dereference 1011
