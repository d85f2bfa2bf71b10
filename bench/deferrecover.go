// group: defer

// Deferred calls on the normal path, panics recovered one frame and ten frames up, and recovered run-time errors.
package main

var depth int

//go:noinline
func guarded(i int) (r int) {
	defer func() { r += i & 1 }()
	return i
}

//go:noinline
func fail(n int) {
	if n > 0 {
		fail(n - 1)
		depth++
		return
	}
	panic(n)
}

//go:noinline
func rescue(n int) (r int) {
	defer func() {
		if v := recover(); v != nil {
			r = v.(int) + 1
		}
	}()
	fail(n)
	return 0
}

//go:noinline
func outOfRange(a []int, i int) (r int) {
	defer func() {
		if recover() != nil {
			r = 1
		}
	}()
	return a[i]
}

func main() {
	sum := 0
	for i := 0; i < 80_000_000; i++ {
		sum += guarded(i)
	}
	for i := 0; i < 600_000; i++ {
		sum += rescue(0)
	}
	for i := 0; i < 300_000; i++ {
		sum += rescue(10)
	}
	a := make([]int, 4)
	for i := 0; i < 600_000; i++ {
		sum += outOfRange(a, 4+i)
	}
	println(sum, depth)
}
