// run

// Numbers that are read and written byte by byte, and loops of a constant number of rounds: what the optimiser makes other code of.
package main

import (
	"encoding/binary"
	"math/bits"
)

//go:noinline
func mixed(p []byte) (a, b uint32, c int64, d uint64) {
	a = uint32(p[3]) | uint32(p[2])<<8 | uint32(p[1])<<16 | uint32(p[0])<<24
	b = uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[4])<<24
	c = int64(int32(p[0]) | int32(p[1])<<8 | int32(p[2])<<16 | int32(p[3])<<24)
	d = uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24
	return a, b, c, d
}

//go:noinline
func overlapping(p []byte) uint16 {
	low := uint16(p[0])
	p[1] = 7
	return low | uint16(p[1])<<8
}

// A write that fails half way keeps what was written.
//
//go:noinline
func partly(p []byte, v uint32) {
	defer func() { recover() }()
	p[0] = byte(v)
	p[1] = byte(v >> 8)
	p[2] = byte(v >> 16)
	p[3] = byte(v >> 24)
}

//go:noinline
func rounds(seed uint32) (sum uint32, table [64]uint32) {
	a, b, c, d := seed, seed*3, seed*5, seed*7
	for i := 0; i < 64; i++ {
		if i < 16 {
			table[i] = uint32(i) * seed
		} else {
			table[i] = bits.RotateLeft32(table[i-16], 7) + table[i-3]
		}
		t := d + (a & b) ^ (^a & c) + table[i]
		a, b, c, d = t, a, b, c
	}
	return a ^ b ^ c ^ d, table
}

//go:noinline
func early(p *[32]int) (at int) {
	for i := 0; i < 32; i++ {
		if p[i] == 3 {
			return i
		}
		at += p[i]
	}
	return -at
}

func main() {
	p := make([]byte, 16)
	for i := range p {
		p[i] = byte(i*37 + 200)
	}
	for at := range 3 {
		q := p[at:]
		println(binary.LittleEndian.Uint16(q), binary.BigEndian.Uint16(q), binary.LittleEndian.Uint32(q), binary.BigEndian.Uint32(q))
		println(binary.LittleEndian.Uint64(q), binary.BigEndian.Uint64(q), bits.ReverseBytes32(uint32(q[0])<<9), bits.ReverseBytes64(uint64(q[1])<<40|7))
		println(mixed(q))
	}
	println(overlapping(p))
	w := make([]byte, 32)
	binary.LittleEndian.PutUint64(w[1:], 0x8122334455667788)
	binary.BigEndian.PutUint64(w[9:], 0x8122334455667788)
	binary.BigEndian.PutUint32(w[17:], 0xA1B2C3D4)
	binary.LittleEndian.PutUint32(w[21:], 0xA1B2C3D4)
	binary.LittleEndian.PutUint16(w[25:], 0x8122)
	binary.BigEndian.PutUint16(w[27:], 0x8122)
	partly(w[29:], 0x01020304)
	for i := 0; i < len(w); i += 8 {
		println(w[i], w[i+1], w[i+2], w[i+3], w[i+4], w[i+5], w[i+6], w[i+7])
	}
	sum, table := rounds(12345)
	println(sum, table[15], table[16], table[63])
	list := [32]int{5: 9, 20: 3}
	println(early(&list))
	list[20] = 4
	println(early(&list))
}
// STDERR: 60872 51437 923987400 3370979895
// STDERR: 14674558668894301640 14478248406050514635 9437440 504403158281027584
// STDERR: 3370979895 1544744392 923987400 923987400
// STDERR: 4845 60690 1547113197 3977394012
// STDERR: 17351145063903073005 17082777207021423600 14287104 504403158266675200
// STDERR: 3977394012 2167870189 1547113197 1547113197
// STDERR: 14098 4663 2170304274 305618049
// STDERR: 1580987385202358034 1312619528320708629 2359296 504403158269100032
// STDERR: 305618049 2791061266 -2124663022 2170304274
// STDERR: 1992
// STDERR: 0 136 119 102 85 68 51 34
// STDERR: 129 129 34 51 68 85 102 119
// STDERR: 136 161 178 195 212 212 195 178
// STDERR: 161 34 129 129 34 4 3 2
// STDERR: 3331505818 185175 160485 832040926
// STDERR: 20
// STDERR: -13
