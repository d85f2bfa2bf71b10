// group: library

// SHA-256 of long and of short messages.
package main

import (
	"crypto/sha256"
	"fmt"
)

func main() {
	long := make([]byte, 1<<20)
	for i := range long {
		long[i] = byte(i * 7)
	}
	hash := sha256.New()
	for range 400 {
		hash.Write(long)
	}
	digest := [32]byte(hash.Sum(nil))
	for range 2_000_000 {
		digest = sha256.Sum256(digest[:])
	}
	fmt.Printf("%x\n", digest)
}
