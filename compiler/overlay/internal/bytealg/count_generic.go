package bytealg

// The number of times a byte occurs. The kernel is in Rust.

// Count returns how often c is in b.
//
//go:noescape
func Count(b []byte, c byte) int

// CountString is Count for strings.
//
//go:noescape
func CountString(s string, c byte) int
