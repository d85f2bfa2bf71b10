package bytealg

// Search for a text in a text. The kernel is in Rust: it compares eight places at once with the first two bytes of what it looks for.

// MaxBruteForce is the length in bytes up to which a text is searched by the kernel from the start.
const MaxBruteForce = 64

// The kernel compares the whole pattern wherever its first two bytes stand, so its work is at most the product of the lengths.
func init() {
	MaxLen = 64
}

// Index returns the place of the first b in a, or -1. 2 <= len(b) <= MaxLen.
//
//go:noescape
func Index(a, b []byte) int

// IndexString is Index for strings.
//
//go:noescape
func IndexString(a, b string) int

// Cutover returns how many places that only began like the pattern a search by IndexByte tolerates within its first n bytes. A call of
// IndexByte costs about as much as the kernel's work on sixteen bytes.
func Cutover(n int) int {
	return 4 + n/16
}
