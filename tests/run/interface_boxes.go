// run zeal preempt

// Values in interfaces: boxes in the frame, shared boxes of small and empty values, and boxes of constants, next to those that live on.
package main

import (
	"fmt"
	"runtime"
)

type point struct{ x, y int32 }
type small uint16
type name string
type node struct {
	next *node
	any  any
}

var kept []any

//go:noinline
func keep(v any) any {
	kept = append(kept, v)
	return v
}

//go:noinline
func kind(v any) string {
	switch v := v.(type) {
	case int:
		return fmt.Sprint("int ", v)
	case int16:
		return fmt.Sprint("int16 ", v)
	case uint32:
		return fmt.Sprint("uint32 ", v)
	case small:
		return fmt.Sprint("small ", uint16(v))
	case string:
		return "string " + v
	case name:
		return "name " + string(v)
	case []byte:
		return fmt.Sprint("bytes ", len(v), v == nil)
	case []int:
		return fmt.Sprint("ints ", len(v), v == nil)
	case float64:
		return fmt.Sprint("float ", v)
	case point:
		return fmt.Sprint("point ", v.x, v.y)
	}
	return "other"
}

func values(n int, s string) {
	for _, i := range []int{-1, 0, 1, 255, 256, n} {
		fmt.Println(kind(i), kind(int16(i)), kind(uint32(i)), kind(small(i)), kind(float64(i)), kind(point{int32(i), 7}))
	}
	fmt.Println(kind(s), kind(s[:0]), kind(name(s)), kind([]byte(s)), kind([]byte(s[:0])), kind([]byte(nil)), kind([]int(nil)), kind([]int{}))
	local := "local"
	number := 70000
	fmt.Println(kind(local), kind(number), kind(point{1, 2}))
	local += s
	number += n
	fmt.Println(kind(local), kind(number))
}

// Only looked at here, in every round another one.
func compared(n int) (same int) {
	var last any
	for i := 0; i < n; i++ {
		var v any = i * 100
		if v == last {
			same++
		}
		if v == any(i*100) && v != any(i*100+1) && v != any(int16(i)) {
			same += 10
		}
		last = v
		var w any = fmt.Sprint(i)
		if s, ok := w.(string); ok && len(s) == 1 {
			same += 1000
		}
		runtime.GC()
	}
	return same
}

func lived(n int) {
	var list *node
	for i := 0; i < n; i++ {
		list = &node{list, keep(i * 1000)}
		list = &node{list, fmt.Sprint("text ", i)}
		list = &node{list, []int{i}}
	}
	runtime.GC()
	for ; list != nil; list = list.next {
		fmt.Print(list.any, " ")
	}
	fmt.Println(kept)
}

func thawed(n int) string {
	var v any = n * 12345
	var w any = fmt.Sprint(n, "!")
	c := make(chan any)
	go func() { c <- v }()
	runtime.Gosched()
	got := <-c
	if n > 0 {
		thawed(n - 1)
	}
	runtime.GC()
	return fmt.Sprint(v, w, got == v)
}

func recovered(v int) (out string) {
	defer func() { out = fmt.Sprint(recover(), out) }()
	panic(v)
}

func locals() (a *int64, b *int32, c *int16, d *int8, f func() int) {
	var x int64 = 1
	var y int32 = 2
	var z int16 = 3
	var w int8 = 4
	n := 5
	return &x, &y, &z, &w, func() int { n++; return n + int(x) + int(y) + int(z) + int(w) }
}

func main() {
	values(1<<40, "some text")
	fmt.Println(compared(12))
	lived(3)
	fmt.Println(thawed(4))
	fmt.Println(recovered(3), recovered(300))
	a, b, c, d, f := locals()
	*a, *b, *c, *d = -1, -1, -1, -1
	runtime.GC()
	*b += 100
	fmt.Println(*a, *b, *c, *d, f())
	clear(kept)
}

// STDOUT: int -1 int16 -1 uint32 4294967295 small 65535 float -1 point -1 7
// STDOUT: int 0 int16 0 uint32 0 small 0 float 0 point 0 7
// STDOUT: int 1 int16 1 uint32 1 small 1 float 1 point 1 7
// STDOUT: int 255 int16 255 uint32 255 small 255 float 255 point 255 7
// STDOUT: int 256 int16 256 uint32 256 small 256 float 256 point 256 7
// STDOUT: int 1099511627776 int16 0 uint32 0 small 0 float 1.099511627776e+12 point 0 7
// STDOUT: string some text string  name some text bytes 9 false bytes 0 false bytes 0 true ints 0 true ints 0 false
// STDOUT: string local int 70000 point 1 2
// STDOUT: string localsome text int 1099511697776
// STDOUT: 10120
// STDOUT: [2] text 2 2000 [1] text 1 1000 [0] text 0 0 [0 1000 2000]
// STDOUT: 493804!true
// STDOUT: 3 300
// STDOUT: -1 99 -1 -1 102
