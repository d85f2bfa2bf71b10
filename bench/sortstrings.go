// group: library

// Sorting: strings by slices.Sort, records by sort.Slice and by slices.SortStableFunc.
package main

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

type record struct {
	key   string
	count int
}

func main() {
	const n = 60_000
	state := uint64(1)
	next := func() uint64 {
		state = state*6364136223846793005 + 1442695040888963407
		return state >> 33
	}
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("%07d-%s", next()%n, strings.Repeat("x", int(next()%9)))
	}
	sum := 0
	for range 15 {
		sorted := slices.Clone(words)
		slices.Sort(sorted)
		records := make([]record, n)
		for i, word := range words {
			records[i] = record{word, int(next() % 100)}
		}
		sort.Slice(records, func(i, j int) bool { return records[i].key < records[j].key })
		slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.count, b.count) })
		at, found := slices.BinarySearch(sorted, records[n/2].key)
		if !found || !sort.StringsAreSorted(sorted) {
			panic("not sorted")
		}
		sum += at + records[n/3].count
	}
	fmt.Println(sum)
}
