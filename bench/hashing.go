// group: compute

// Integer hashing: xxHash-like mixing of 64-bit words, and a byte-wise FNV-1a over a buffer.
package main

func mix(h, x uint64) uint64 {
	h ^= x * 0xC2B2AE3D27D4EB4F
	h = h<<31 | h>>33
	return h*0x9E3779B185EBCA87 + 0x85EBCA77C2B2AE63
}

func fnv(data []byte) uint32 {
	h := uint32(2166136261)
	for _, b := range data {
		h = (h ^ uint32(b)) * 16777619
	}
	return h
}

func main() {
	var h uint64 = 1
	for i := uint64(0); i < 150_000_000; i++ {
		h = mix(h, i)
	}
	data := make([]byte, 1<<16)
	for i := range data {
		data[i] = byte(i * 7)
	}
	var f uint32
	for i := 0; i < 3000; i++ {
		data[i] = byte(i)
		f += fnv(data)
	}
	println(h, f)
}
