package maps

import "unsafe"

// Hashes of memory for processors without a product of 128 bits, which wasm is.
//
// Each word is multiplied into the state, and the upper half of the product is folded back over the lower one, since a product's low bits
// depend on low bits alone. Keys of 4 to 16 bytes, the usual ones, take one path without branches: two words that overlap as the length
// wants it. A branch for each length would be predicted wrongly for keys of mixed lengths, and hold up the loads of the next look-up.
//
// Maps take 32 bits of a hash here (Use64BitHash); these are the upper half of the last product, on which all bits have bearing.

const (
	hashFactor0 = 0x9E3779B97F4A7C15
	hashFactor1 = 0xD6E8FEB86659FD93
	hashFactor2 = 0xC2B2AE3D27D4EB4F
)

// fold multiplies x and folds the product.
func fold(x, factor uintptr) uintptr {
	x *= factor
	return x ^ x>>32
}

func memHash32Fallback(k uint32, seed uintptr) uintptr {
	return memHash64Fallback(uint64(k), seed)
}

func memHash64Fallback(k uint64, seed uintptr) uintptr {
	h := fold(uintptr(k)^seed^hashkey[0], hashFactor0)
	return (h ^ hashkey[1]) * hashFactor1 >> 32
}

func memHashFallback(p unsafe.Pointer, seed, s uintptr) uintptr {
	h := seed ^ hashkey[0] ^ s*hashFactor2
	var a, b uintptr
	switch {
	case s > 16:
		g := h ^ hashkey[2]
		for ; s > 16; s -= 16 {
			h = fold(h^uintptr(readUnaligned64(p)), hashFactor0)
			g = fold(g^uintptr(readUnaligned64(add(p, 8))), hashFactor1)
			p = add(p, 16)
		}
		h = fold(h^g<<32^g>>32, hashFactor2)
		// What is left, with bytes before it if that is less than two words.
		p = add(p, s-16)
		a = uintptr(readUnaligned64(p))
		b = uintptr(readUnaligned64(add(p, 8)))
	case s >= 4:
		// 0 below 8 bytes, 4 below 16, 8 at 16.
		skip := s >> 3 << 2
		end := add(p, s-4)
		a = uintptr(readUnaligned32(p))<<32 | uintptr(readUnaligned32(add(p, skip)))
		b = uintptr(readUnaligned32(end))<<32 | uintptr(readUnaligned32(add(end, -skip)))
	case s > 0:
		a = uintptr(*(*byte)(p))<<16 | uintptr(*(*byte)(add(p, s>>1)))<<8 | uintptr(*(*byte)(add(p, s-1)))
	}
	h = fold(h^a, hashFactor0)
	h = fold(h^b^hashkey[1], hashFactor1)
	return h * hashFactor2 >> 32
}
