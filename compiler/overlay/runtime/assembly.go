package runtime

// Functions that GOROOT declares without a body because some processors have them in assembly. Each has a portable version beside it, which
// is what they are here.

type words = []uint

//go:linkname chacha8rand_block internal/chacha8rand.block
func chacha8rand_block(seed *[4]uint64, out *[32]uint64, counter uint32) {
	chacha8rand_block_generic(seed, out, counter)
}

//go:linkname chacha8rand_block_generic internal/chacha8rand.block_generic
func chacha8rand_block_generic(seed *[4]uint64, out *[32]uint64, counter uint32)

//go:linkname big_addVV math/big.addVV
func big_addVV(z, x, y words) (c uint) { return big_addVV_g(z, x, y) }

//go:linkname big_addVV_g math/big.addVV_g
func big_addVV_g(z, x, y words) (c uint)

//go:linkname big_subVV math/big.subVV
func big_subVV(z, x, y words) (c uint) { return big_subVV_g(z, x, y) }

//go:linkname big_subVV_g math/big.subVV_g
func big_subVV_g(z, x, y words) (c uint)

//go:linkname big_lshVU math/big.lshVU
func big_lshVU(z, x words, s uint) (c uint) { return big_lshVU_g(z, x, s) }

//go:linkname big_lshVU_g math/big.lshVU_g
func big_lshVU_g(z, x words, s uint) (c uint)

//go:linkname big_rshVU math/big.rshVU
func big_rshVU(z, x words, s uint) (c uint) { return big_rshVU_g(z, x, s) }

//go:linkname big_rshVU_g math/big.rshVU_g
func big_rshVU_g(z, x words, s uint) (c uint)

//go:linkname big_mulAddVWW math/big.mulAddVWW
func big_mulAddVWW(z, x words, m, a uint) (c uint) { return big_mulAddVWW_g(z, x, m, a) }

//go:linkname big_mulAddVWW_g math/big.mulAddVWW_g
func big_mulAddVWW_g(z, x words, m, a uint) (c uint)

//go:linkname big_addMulVVWW math/big.addMulVVWW
func big_addMulVVWW(z, x, y words, m, a uint) (c uint) { return big_addMulVVWW_g(z, x, y, m, a) }

//go:linkname big_addMulVVWW_g math/big.addMulVVWW_g
func big_addMulVVWW_g(z, x, y words, m, a uint) (c uint)
