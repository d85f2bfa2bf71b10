// run

// Numbers of type complex64 are multiplied and divided with twice the precision, then rounded.
package main

import "math"

//go:noinline
func opaque[T any](v T) T { return v }

func main() {
	bits := func(c complex64) { println(math.Float32bits(real(c)), math.Float32bits(imag(c))) }
	s := uint32(12345)
	next := func() float32 { s = s*1664525 + 1013904223; return float32(int32(s)) / 65536 / 331 }
	for range 4 {
		a, b := complex(next(), next()), complex(next(), next())
		bits(opaque(a) * opaque(b))
		bits(opaque(a) / opaque(b))
		bits(opaque(a) + opaque(b))
		a *= b
		bits(a)
		a /= b
		bits(a)
	}
}

// STDERR: 3271593408 3289585519
// STDERR: 3174563090 3114921761
// STDERR: 3266106200 3263825237
// STDERR: 3271593408 3289585519
// STDERR: 1082213497 1079095323
// STDERR: 1131556958 1164718837
// STDERR: 3193514150 1024051025
// STDERR: 1117830446 3263582368
// STDERR: 1131556958 1164718837
// STDERR: 3247342151 1102193220
// STDERR: 3308216030 1164469053
// STDERR: 1058404466 3218437438
// STDERR: 3264227419 3267048416
// STDERR: 3308216030 1164469053
// STDERR: 3265261697 3257630854
// STDERR: 3295127994 3300494917
// STDERR: 1041612624 3165474826
// STDERR: 3263462841 1121153344
// STDERR: 3295127994 3300494917
// STDERR: 3235422222 1097424676
