package runtime

import "unsafe"

// Values in interfaces: conversions put them into memory of their own, unless the value is one that many programs convert all the time. Of
// small numbers, and of strings and slices that are empty, there is one copy for all. Where the interface does not outlive its frame,
// escape analysis stores the value there in place of the call; the functions are not inlined, so that it sees them.

// smallValues holds the numbers below 256; in the low bytes they are there in the smaller sizes too.
var smallValues = [256]uint64{
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
func convT16(v int32) unsafe.Pointer {
	if uint16(v) < uint16(len(smallValues)) {
		return unsafe.Pointer(&smallValues[uint16(v)])
	}
	p := mallocgc(2, nil)
	*(*uint16)(p) = uint16(v)
	return p
}

//go:noinline
func convT32(v int32) unsafe.Pointer {
	if uint32(v) < uint32(len(smallValues)) {
		return unsafe.Pointer(&smallValues[v])
	}
	p := mallocgc(4, nil)
	*(*int32)(p) = v
	return p
}

//go:noinline
func convT64(v int64) unsafe.Pointer {
	if uint64(v) < uint64(len(smallValues)) {
		return unsafe.Pointer(&smallValues[v])
	}
	p := mallocgc(8, nil)
	*(*int64)(p) = v
	return p
}

//go:noinline
func convTstring(s string) unsafe.Pointer {
	if s == "" {
		return unsafe.Pointer(&zeroVal)
	}
	p := new(string)
	*p = s
	return unsafe.Pointer(p)
}

// convTslice takes a slice of any element type.
//
//go:noinline
func convTslice(s []byte) unsafe.Pointer {
	if unsafe.SliceData(s) == nil {
		return unsafe.Pointer(&zeroVal)
	}
	p := new([]byte)
	*p = s
	return unsafe.Pointer(p)
}
