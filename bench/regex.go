// group: library

// regexp: a one-pass, a backtracking and an automaton pattern over generated log lines.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	var builder strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&builder, "2026-01-%02d host%d GET /path/%d/item?id=%d&name=user%d@example.com %d\n", i%28+1, i%7, i, i*31, i%100, 200+i%5)
	}
	text := builder.String()
	date := regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})`)
	mail := regexp.MustCompile(`[a-z0-9]+@[a-z]+\.(?:com|org)`)
	path := regexp.MustCompile(`/(?:[a-z]+/)*(\d+)/item\?(id=\d+)(?:&name=\S+)? 20[0-3]`)
	sum := 0
	for range 40 {
		for line := range strings.Lines(text) {
			if m := date.FindStringSubmatch(line); m != nil {
				sum += len(m[3])
			}
			if m := path.FindStringSubmatchIndex(line); m != nil {
				sum += m[2]
			}
		}
		sum += len(mail.FindAllString(text, -1)) + len(mail.ReplaceAllString(text, "<$0>"))
	}
	fmt.Println(sum)
}
