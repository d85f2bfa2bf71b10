// group: compute

// Quicksort with insertion sort for short runs, on pseudo-random ints.
package main

func sortInts(a []int) {
	for len(a) > 12 {
		m := len(a) / 2
		if a[m] < a[0] {
			a[m], a[0] = a[0], a[m]
		}
		last := len(a) - 1
		if a[last] < a[0] {
			a[last], a[0] = a[0], a[last]
		}
		if a[last] < a[m] {
			a[last], a[m] = a[m], a[last]
		}
		pivot := a[m]
		i, j := 0, last
		for i <= j {
			for a[i] < pivot {
				i++
			}
			for a[j] > pivot {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i++
				j--
			}
		}
		if j+1 < len(a)-i {
			sortInts(a[:j+1])
			a = a[i:]
		} else {
			sortInts(a[i:])
			a = a[:j+1]
		}
	}
	for i := 1; i < len(a); i++ {
		x := a[i]
		j := i
		for j > 0 && a[j-1] > x {
			a[j] = a[j-1]
			j--
		}
		a[j] = x
	}
}

func main() {
	a := make([]int, 1_000_000)
	check := 0
	x := uint64(42)
	for round := 0; round < 8; round++ {
		for i := range a {
			x = x*6364136223846793005 + 1442695040888963407
			a[i] = int(x >> 20)
		}
		sortInts(a)
		for i := 1; i < len(a); i++ {
			if a[i-1] > a[i] {
				println("out of order", i)
			}
		}
		check ^= a[len(a)/3]
	}
	println(check)
}
