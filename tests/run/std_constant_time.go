// run
//
// Operations of the compiler that cryptography needs.
package main

import (
	"crypto/subtle"
	"fmt"
)

func main() {
	fmt.Println(subtle.ConstantTimeByteEq(1, 1), subtle.ConstantTimeByteEq(1, 2))
	fmt.Println(subtle.ConstantTimeCompare([]byte("ab"), []byte("ab")), subtle.ConstantTimeLessOrEq(3, 2))
}

// STDOUT: 1 0
// STDOUT: 1 0
