// group: library

// A map of strings: count words, look up, iterate, delete.
package main

import "fmt"

func main() {
	const n = 200_000
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("word-%d", i*2654435761%50_021)
	}
	sum := 0
	for range 40 {
		counts := make(map[string]int)
		for _, word := range words {
			counts[word]++
		}
		for _, word := range words {
			if _, ok := counts[word[1:]]; ok {
				sum++
			}
			sum += counts[word]
		}
		for word, count := range counts {
			sum += len(word) * count
			if count > 3 {
				delete(counts, word)
			}
		}
		sum += len(counts)
	}
	fmt.Println(sum)
}
