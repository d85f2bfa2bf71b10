// group: compute

// Largest singular value of the infinite matrix a(i,j) = 1/((i+j)(i+j+1)/2+i+1), by the power method on its n by n corner.
package main

func a(i, j int) float64 { return 1 / float64((i+j)*(i+j+1)/2+i+1) }

func times(v, u []float64) {
	for i := range v {
		var sum float64
		for j := range u {
			sum += a(i, j) * u[j]
		}
		v[i] = sum
	}
}

func timesTransposed(v, u []float64) {
	for i := range v {
		var sum float64
		for j := range u {
			sum += a(j, i) * u[j]
		}
		v[i] = sum
	}
}

func main() {
	const n = 3200
	u, v, t := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range u {
		u[i] = 1
	}
	for i := 0; i < 10; i++ {
		times(t, u)
		timesTransposed(v, t)
		times(t, v)
		timesTransposed(u, t)
	}
	var vBv, vv float64
	for i := range u {
		vBv += u[i] * v[i]
		vv += v[i] * v[i]
	}
	println(int64(vBv / vv * 1e12))
}
