package runtime

import "unsafe"

// Strings: joining, comparing, and conversion from and to slices of bytes and runes.
//
// Functions that make a string or a slice take a buffer of the calling function, or nil: the result lies there if it fits, else in the heap.
// Escape analysis gives a buffer to calls whose result does not outlive the caller's frame, and knows that nothing else of the arguments is
// kept, except that the concatstring functions may return an operand. They are not inlined, so that it sees the calls.

// tmpBuf is room for a string that does not outlive a call.
type tmpBuf [32]byte

// rawmemory returns n bytes with undefined contents: those of buf if they suffice, or of the heap.
func rawmemory(buf *tmpBuf, n int) unsafe.Pointer {
	if buf != nil && n <= len(buf) {
		return unsafe.Pointer(buf)
	}
	return mallocgc(uintptr(n), nil)
}

// totalLength returns the sum of the lengths of the strings of a.
func totalLength(a []string) int {
	total := 0
	for _, s := range a {
		if total+len(s) < total {
			throw("string concatenation too long")
		}
		total += len(s)
	}
	return total
}

// fillstrings writes the strings of a to p, one behind the other.
func fillstrings(p unsafe.Pointer, a []string) {
	for _, s := range a {
		memmove(p, unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s)))
		p = add(p, uintptr(len(s)))
	}
}

// concatstrings joins the strings of a. If all but one are empty, that one is returned as it is.
//
//go:noinline
func concatstrings(buf *tmpBuf, a []string) string {
	last, count := 0, 0
	for i, s := range a {
		if len(s) != 0 {
			last = i
			count++
		}
	}
	if count == 0 {
		return ""
	}
	if count == 1 {
		return a[last]
	}
	return concatcopy(buf, a)
}

// concatcopy joins the strings of a to one that shares no memory with them.
//
//go:noinline
func concatcopy(buf *tmpBuf, a []string) string {
	n := totalLength(a)
	if n == 0 {
		return ""
	}
	p := rawmemory(buf, n)
	fillstrings(p, a)
	return unsafe.String((*byte)(p), n)
}

// concatbytes joins the strings of a to a slice of bytes.
//
//go:noinline
func concatbytes(buf *tmpBuf, a []string) []byte {
	b := rawbytes(buf, totalLength(a))
	fillstrings(unsafe.Pointer(unsafe.SliceData(b)), a)
	return b
}

//go:noinline
func concatstring2(buf *tmpBuf, a, b string) string {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	n := len(a) + len(b)
	if n < 0 {
		throw("string concatenation too long")
	}
	p := rawmemory(buf, n)
	memmove(p, unsafe.Pointer(unsafe.StringData(a)), uintptr(len(a)))
	memmove(add(p, uintptr(len(a))), unsafe.Pointer(unsafe.StringData(b)), uintptr(len(b)))
	return unsafe.String((*byte)(p), n)
}

//go:noinline
func concatstring3(buf *tmpBuf, a, b, c string) string {
	return concatstrings(buf, []string{a, b, c})
}

//go:noinline
func concatstring4(buf *tmpBuf, a, b, c, d string) string {
	return concatstrings(buf, []string{a, b, c, d})
}

//go:noinline
func concatstring5(buf *tmpBuf, a, b, c, d, e string) string {
	return concatstrings(buf, []string{a, b, c, d, e})
}

// byteStrings holds every byte, so that one-byte strings need no allocation.
var byteStrings = [256]byte{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
	96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
	128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
	160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
	192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223,
	224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255,
}

//go:noinline
func slicebytetostring(buf *tmpBuf, ptr *byte, n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return unsafe.String(&byteStrings[*ptr], 1)
	}
	p := rawmemory(buf, n)
	memmove(p, unsafe.Pointer(ptr), uintptr(n))
	return unsafe.String((*byte)(p), n)
}

// slicebytetostringtmp views bytes as a string for as long as the compiler knows that nobody changes them.
func slicebytetostringtmp(ptr *byte, n int) string { return unsafe.String(ptr, n) }

// rawbytes returns n bytes with undefined contents; those behind them are zero.
func rawbytes(buf *tmpBuf, n int) []byte {
	if n == 0 {
		return []byte{}
	}
	if buf != nil && n <= len(buf) {
		*buf = tmpBuf{}
		return buf[:n]
	}
	size := int(rtRoundSize(uint64(n), 1))
	return unsafe.Slice((*byte)(mallocgc(uintptr(size), nil)), size)[:n]
}

//go:noinline
func stringtoslicebyte(buf *tmpBuf, s string) []byte {
	b := rawbytes(buf, len(s))
	memmove(unsafe.Pointer(unsafe.SliceData(b)), unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s)))
	return b
}

//go:noinline
func stringtoslicerune(buf *[32]rune, s string) []rune {
	n := countrunes(s)
	var a []rune
	switch {
	case n == 0:
		return []rune{}
	case buf != nil && n <= len(buf):
		*buf = [32]rune{}
		a = buf[:n]
	default:
		size := int(rtRoundSize(uint64(n)*4, 1)) / 4
		a = unsafe.Slice((*rune)(mallocgc(uintptr(size)*4, nil)), size)[:n]
	}
	i := 0
	for _, r := range s {
		a[i] = r
		i++
	}
	return a
}

//go:noinline
func slicerunetostring(buf *tmpBuf, a []rune) string {
	var form [4]byte
	total := 0
	for _, r := range a {
		n := encoderune(form[:], r)
		if total+n < total {
			throw("string too long")
		}
		total += n
	}
	if total == 0 {
		return ""
	}
	p := (*byte)(rawmemory(buf, total))
	b := unsafe.Slice(p, total)
	for _, r := range a {
		n := encoderune(form[:], r)
		copy(b, form[:n])
		b = b[n:]
	}
	return unsafe.String(p, total)
}

//go:noinline
func intstring(buf *tmpBuf, v int64) string {
	r := rune(v)
	if int64(r) != v {
		r = runeError
	}
	if 0 <= r && r < 0x80 {
		return unsafe.String(&byteStrings[r], 1)
	}
	var form [4]byte
	n := encoderune(form[:], r)
	return slicebytetostring(buf, &form[0], n)
}

func countrunes(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}

const (
	runeError    = '\uFFFD'
	maxRune      = '\U0010FFFF'
	surrogateMin = 0xD800
	surrogateMax = 0xDFFF
)

// decoderune decodes the rune of s that begins at byte k, which is not ASCII, and returns it with the index behind it. An encoding
// that is not the shortest valid one gives U+FFFD and one byte (Unicode Standard, section 3.9, table 3-7).
func decoderune(s string, k int) (r rune, next int) {
	n := len(s) - k
	c0 := s[k]
	switch {
	case c0 < 0xC2:
		if c0 < 0x80 {
			return rune(c0), k + 1
		}
	case c0 < 0xE0:
		if n > 1 && s[k+1]&0xC0 == 0x80 {
			return rune(c0&0x1F)<<6 | rune(s[k+1]&0x3F), k + 2
		}
	case c0 < 0xF0:
		if n > 2 && s[k+1]&0xC0 == 0x80 && s[k+2]&0xC0 == 0x80 {
			r = rune(c0&0x0F)<<12 | rune(s[k+1]&0x3F)<<6 | rune(s[k+2]&0x3F)
			if r >= 0x800 && (r < surrogateMin || r > surrogateMax) {
				return r, k + 3
			}
		}
	case c0 < 0xF5:
		if n > 3 && s[k+1]&0xC0 == 0x80 && s[k+2]&0xC0 == 0x80 && s[k+3]&0xC0 == 0x80 {
			r = rune(c0&0x07)<<18 | rune(s[k+1]&0x3F)<<12 | rune(s[k+2]&0x3F)<<6 | rune(s[k+3]&0x3F)
			if r >= 0x10000 && r <= maxRune {
				return r, k + 4
			}
		}
	}
	return runeError, k + 1
}

// encoderune writes the UTF-8 form of r into p and returns its length; an invalid r is written as U+FFFD.
func encoderune(p []byte, r rune) int {
	if uint32(r) < 0x80 {
		p[0] = byte(r)
		return 1
	}
	if uint32(r) < 0x800 {
		p[0] = 0xC0 | byte(r>>6)
		p[1] = 0x80 | byte(r)&0x3F
		return 2
	}
	if uint32(r) > maxRune || surrogateMin <= r && r <= surrogateMax {
		r = runeError
	}
	if uint32(r) < 0x10000 {
		p[0] = 0xE0 | byte(r>>12)
		p[1] = 0x80 | byte(r>>6)&0x3F
		p[2] = 0x80 | byte(r)&0x3F
		return 3
	}
	p[0] = 0xF0 | byte(r>>18)
	p[1] = 0x80 | byte(r>>12)&0x3F
	p[2] = 0x80 | byte(r>>6)&0x3F
	p[3] = 0x80 | byte(r)&0x3F
	return 4
}

func cmpstring(a, b string) int {
	return int(rtCompare(unsafe.StringData(a), int64(len(a)), unsafe.StringData(b), int64(len(b))))
}
