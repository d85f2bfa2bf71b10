// run

// Search and count in texts of every length around the width of a word, at every place, against loops byte by byte.
package main

import (
	"bytes"
	"fmt"
	"strings"
)

func slowIndex(text, pattern string) int {
	for i := 0; i+len(pattern) <= len(text); i++ {
		if text[i:i+len(pattern)] == pattern {
			return i
		}
	}
	return -1
}

func slowCount(text string, c byte) (n int) {
	for i := range len(text) {
		if text[i] == c {
			n++
		}
	}
	return n
}

func check(text, pattern string) bool {
	want := slowIndex(text, pattern)
	return strings.Index(text, pattern) == want && bytes.Index([]byte(text), []byte(pattern)) == want
}

func main() {
	wrong := 0
	state := uint32(1)
	random := func(n uint32) uint32 {
		state = state*1664525 + 1013904223
		return state >> 16 % n
	}
	for range 20000 {
		// Few letters, among them those whose bits differ in the lowest and highest place only.
		letters := "a\x01\x00\x80\x81b"
		text := make([]byte, random(90))
		for i := range text {
			text[i] = letters[random(2+random(5))]
		}
		pattern := make([]byte, 1+random(6))
		for i := range pattern {
			pattern[i] = letters[random(2+random(5))]
		}
		start := int(random(9))
		if start > len(text) {
			start = 0
		}
		if !check(string(text[start:]), string(pattern)) {
			wrong++
		}
		c := letters[random(6)]
		if bytes.Count(text[start:], []byte{c}) != slowCount(string(text[start:]), c) || strings.Count(string(text), string([]byte{c})) != slowCount(string(text), c) {
			wrong++
		}
	}
	// Places that begin like the pattern, again and again, make the search change its method.
	for n := range 200 {
		text := strings.Repeat("a <!-- ", n)
		for _, pattern := range []string{"-->", "a <!-- -->", "-- a", "-- ", strings.Repeat("a <!-- ", 20)} {
			if !check(text, pattern) || !check(text+pattern, pattern) {
				wrong++
			}
		}
	}
	fmt.Println("wrong:", wrong)
}

// STDOUT: wrong: 0
