// group: compute

// Points of a grid over the Mandelbrot set that do not escape in 50 rounds.
package main

func main() {
	const n, rounds = 3000, 50
	inside := 0
	for py := 0; py < n; py++ {
		ci := 2*float64(py)/n - 1
		for px := 0; px < n; px++ {
			cr := 2*float64(px)/n - 1.5
			var zr, zi, rr, ii float64
			i := 0
			for ; i < rounds && rr+ii <= 4; i++ {
				zi = 2*zr*zi + ci
				zr = rr - ii + cr
				rr, ii = zr*zr, zi*zi
			}
			if i == rounds {
				inside++
			}
		}
	}
	println(inside)
}
