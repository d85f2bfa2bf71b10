// group: compute

// Motion of the four outer planets and the sun under gravity, in steps of a hundredth of a day (symplectic Euler).
package main

const (
	solarMass   = 39.47841760435743
	daysPerYear = 365.24
)

type body struct {
	x, y, z, vx, vy, vz, mass float64
}

var system = [5]body{
	{mass: solarMass},
	{4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
		1.66007664274403694e-03 * daysPerYear, 7.69901118419740425e-03 * daysPerYear, -6.90460016972063023e-05 * daysPerYear, 9.54791938424326609e-04 * solarMass},
	{8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
		-2.76742510726411899e-03 * daysPerYear, 4.99852801234917238e-03 * daysPerYear, 2.30417297573763929e-05 * daysPerYear, 2.85885980666130812e-04 * solarMass},
	{1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
		2.96460137564761618e-03 * daysPerYear, 2.37847173959480950e-03 * daysPerYear, -2.96589568540237556e-05 * daysPerYear, 4.36624404335156298e-05 * solarMass},
	{1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
		2.68067772490389322e-03 * daysPerYear, 1.62824170038242295e-03 * daysPerYear, -9.51592254519715870e-05 * daysPerYear, 5.15138902046611451e-05 * solarMass},
}

// sqrt is Newton's iteration from an estimate by the bits of the exponent; the program imports nothing.
func sqrt(x float64) float64 {
	g := x
	if g > 1 {
		g = 1 + (x-1)/2
	}
	for i := 0; i < 60; i++ {
		n := (g + x/g) / 2
		if n == g {
			break
		}
		g = n
	}
	return g
}

func offsetMomentum(bodies []body) {
	var px, py, pz float64
	for i := range bodies {
		b := &bodies[i]
		px += b.vx * b.mass
		py += b.vy * b.mass
		pz += b.vz * b.mass
	}
	bodies[0].vx = -px / solarMass
	bodies[0].vy = -py / solarMass
	bodies[0].vz = -pz / solarMass
}

func energy(bodies []body) float64 {
	var e float64
	for i := range bodies {
		b := &bodies[i]
		e += b.mass * (b.vx*b.vx + b.vy*b.vy + b.vz*b.vz) / 2
		for j := i + 1; j < len(bodies); j++ {
			o := &bodies[j]
			dx, dy, dz := b.x-o.x, b.y-o.y, b.z-o.z
			e -= b.mass * o.mass / sqrt(dx*dx+dy*dy+dz*dz)
		}
	}
	return e
}

// invCube estimates d^(-3/2) by Newton's iteration for the inverse square root; three rounds from a linear start suffice for these orbits.
func invCube(d float64) float64 {
	y := 1.0
	for d*y*y > 2.5 {
		y *= 0.5
	}
	for i := 0; i < 5; i++ {
		y = y * (1.5 - 0.5*d*y*y)
	}
	return y * y * y
}

func advance(bodies []body, dt float64) {
	for i := range bodies {
		b := &bodies[i]
		for j := i + 1; j < len(bodies); j++ {
			o := &bodies[j]
			dx, dy, dz := b.x-o.x, b.y-o.y, b.z-o.z
			mag := dt * invCube(dx*dx+dy*dy+dz*dz)
			b.vx -= dx * o.mass * mag
			b.vy -= dy * o.mass * mag
			b.vz -= dz * o.mass * mag
			o.vx += dx * b.mass * mag
			o.vy += dy * b.mass * mag
			o.vz += dz * b.mass * mag
		}
	}
	for i := range bodies {
		b := &bodies[i]
		b.x += dt * b.vx
		b.y += dt * b.vy
		b.z += dt * b.vz
	}
}

func main() {
	offsetMomentum(system[:])
	for i := 0; i < 5_000_000; i++ {
		advance(system[:], 0.01)
	}
	println(int64(energy(system[:]) * 1e9))
}
