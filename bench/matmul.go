// group: compute

// Product of two square matrices held as slices of rows.
package main

func matrix(n int, seed float64) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = seed * float64(i-j) * float64(i+j)
		}
	}
	return m
}

func multiply(a, b [][]float64) [][]float64 {
	n, p := len(a), len(b[0])
	t := make([][]float64, p)
	for i := range t {
		t[i] = make([]float64, len(b))
		for j := range b {
			t[i][j] = b[j][i]
		}
	}
	c := make([][]float64, n)
	for i := range c {
		c[i] = make([]float64, p)
		row := a[i]
		for j := range c[i] {
			column := t[j]
			var sum float64
			for k := 0; k < len(row); k++ {
				sum += row[k] * column[k]
			}
			c[i][j] = sum
		}
	}
	return c
}

func main() {
	const n = 1000
	a, b := matrix(n, 1.0/n/n), matrix(n, 1.0/n/n)
	c := multiply(a, b)
	println(int64(c[n/2][n/2] * 1e9))
}
