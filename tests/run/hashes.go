// run

// Hashes whose block functions the host may do: every length around a few blocks, more than a host takes at once, writes split at odd places, states
// that are cloned or saved half way, other goroutines at the same time. The digests are chained: what is printed stands for all of them.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding"
	"fmt"
	"hash"
	"sync"
)

var hashes = []struct {
	name string
	make func() hash.Hash
}{
	{"sha1", sha1.New},
	{"sha224", sha256.New224},
	{"sha256", sha256.New},
	{"sha384", sha512.New384},
	{"sha512", sha512.New},
	{"sha512/256", sha512.New512_256},
	{"hmac", func() hash.Hash { return hmac.New(sha256.New, []byte("key")) }},
}

func sum(h hash.Hash, parts ...[]byte) []byte {
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// restored is a new hash in the state of h.
func restored(h, into hash.Hash) hash.Hash {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err == nil {
		err = into.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
	}
	if err != nil {
		panic(err)
	}
	return into
}

func main() {
	text := make([]byte, 300_001)
	for i := range text {
		text[i] = byte(i*i>>3 + i)
	}
	lengths := []int{4095, 4096, 65535, 65536, 65537, 65536 + 64, 131072 + 77, len(text)}
	for n := range 520 {
		lengths = append(lengths, n)
	}
	var group sync.WaitGroup
	lines := make([]string, len(hashes))
	for i, kind := range hashes {
		group.Go(func() {
			chain := kind.make()
			for _, n := range lengths {
				// Not aligned, so that a block starts anywhere.
				message := text[n%13 : n%13+min(n, len(text)-13)]
				want := sum(kind.make(), message)
				chain.Write(want)
				cut := len(message) * (n % 7) / 7
				if split := sum(kind.make(), message[:cut], message[cut:]); !bytes.Equal(split, want) {
					fmt.Println(kind.name, n, "split at", cut)
				}
				half := kind.make()
				half.Write(message[:cut])
				clone, err := half.(hash.Cloner).Clone()
				if err != nil {
					panic(err)
				}
				half.Write([]byte("something else"))
				if whole := sum(clone, message[cut:]); !bytes.Equal(whole, want) {
					fmt.Println(kind.name, n, "cloned at", cut)
				}
				if kind.name == "hmac" {
					continue
				}
				half = kind.make()
				half.Write(message[:cut])
				if whole := sum(restored(half, kind.make()), message[cut:]); !bytes.Equal(whole, want) {
					fmt.Println(kind.name, n, "restored at", cut)
				}
			}
			lines[i] = fmt.Sprintf("%s %x", kind.name, chain.Sum(nil))
		})
	}
	group.Wait()
	for _, line := range lines {
		fmt.Println(line)
	}
}

// STDOUT: sha1 1f812225398489eb4d5d425c6ec5101202b45b02
// STDOUT: sha224 e61640dc64bcc8b64d1f125c3436623cfcf38791591ad7584785cf5d
// STDOUT: sha256 42788b89d31c36d4c5158825c57c675bd7b9a3a170f3a5939639073045178c12
// STDOUT: sha384 4d0db2803476efba7269e23ee07c1de23bc09a028e05ed7a3c41037b5d4d223bddb8c9e465b3bebdac3731b4109b38ac
// STDOUT: sha512 66bd916b04a49037afc0df9641a4e33fbcaccfe9e1f190faf3365dd935e46c1cfacf6968c68c0980de10b73c136d9bbe09b6bdf6a0dbc5c71646c827afd3d418
// STDOUT: sha512/256 ebcf81306f38eff62723f8abb8a831d23d33227e7a4a3e506c8c372660975dbf
// STDOUT: hmac 58db36dda346acdd7cefe08ff312ba566169044b740353ba7445df4ad0568c2d
