package runtime

// Division of complex numbers, which no wasm instruction does.

// complex128div divides as C99 Annex G does: infinities win over NaN parts.
func complex128div(n, m complex128) complex128 {
	a, b := real(n), imag(n)
	c, d := real(m), imag(m)
	if abs(c) >= abs(d) {
		ratio := d / c
		denominator := c + ratio*d
		e, f := (a+b*ratio)/denominator, (b-a*ratio)/denominator
		return fixQuotient(a, b, c, d, e, f)
	}
	ratio := c / d
	denominator := d + ratio*c
	e, f := (a*ratio+b)/denominator, (b*ratio-a)/denominator
	return fixQuotient(a, b, c, d, e, f)
}

// fixQuotient corrects a quotient that came out as NaN where Annex G wants an infinity or a zero.
func fixQuotient(a, b, c, d, e, f float64) complex128 {
	if e == e || f == f {
		return complex(e, f)
	}
	switch {
	case c == 0 && d == 0 && (a == a || b == b):
		e = copysign(inf(), c) * a
		f = copysign(inf(), c) * b
	case (isInf(a) || isInf(b)) && isFinite(c) && isFinite(d):
		a, b = unitIfInf(a), unitIfInf(b)
		e = inf() * (a*c + b*d)
		f = inf() * (b*c - a*d)
	case (isInf(c) || isInf(d)) && isFinite(a) && isFinite(b):
		c, d = unitIfInf(c), unitIfInf(d)
		e = 0 * (a*c + b*d)
		f = 0 * (b*c - a*d)
	}
	return complex(e, f)
}

func inf() float64 {
	var zero float64
	return 1 / zero
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	if x == 0 {
		return 0
	}
	return x
}

func isInf(x float64) bool    { return x == x && x-x != x-x }
func isFinite(x float64) bool { return x-x == 0 }

func copysign(x, sign float64) float64 {
	if sign < 0 || sign == 0 && 1/sign < 0 {
		return -abs(x)
	}
	return abs(x)
}

// unitIfInf maps infinities to 1 and all else to 0, with the sign kept.
func unitIfInf(x float64) float64 {
	if isInf(x) {
		return copysign(1, x)
	}
	return copysign(0, x)
}
