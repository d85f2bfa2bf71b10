package sha256

import _ "unsafe" // for go:linkname

// The block function of SHA-224 and SHA-256, done by Warren's host; without one the generic code does it.

// hostBlocks takes blocks of p into h and says how many bytes these were, 0 if the host has no such function. It may take less than there is, so that
// a long message keeps no other goroutine waiting.
//
//go:noescape
//go:linkname hostBlocks rt.sha256_blocks
func hostBlocks(h *[8]uint32, p *byte, bytes int) int

func block(dig *Digest, p []byte) {
	for len(p) > 0 {
		n := hostBlocks(&dig.h, &p[0], len(p))
		if n == 0 {
			blockGeneric(dig, p)
			return
		}
		p = p[n:]
	}
}
