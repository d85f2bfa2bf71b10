// group: memory

// A map of ints: insert, look up (hits and misses), iterate, delete.
package main

func main() {
	const n = 500_000
	sum := 0
	for round := 0; round < 3; round++ {
		m := make(map[int]int)
		for i := 0; i < n; i++ {
			m[i*7919] = i
		}
		for i := 0; i < 2*n; i++ {
			if v, ok := m[i*7919/2]; ok {
				sum += v
			}
		}
		for k, v := range m {
			sum += k ^ v
		}
		for i := 0; i < n; i += 2 {
			delete(m, i*7919)
		}
		sum += len(m)
	}
	println(sum)
}
