// group: library

// strings and strconv: splitting, joining, replacing, searching, case, numbers to text and back.
package main

import (
	"fmt"
	"strconv"
	"strings"
)

func main() {
	var builder strings.Builder
	for i := range 20_000 {
		builder.WriteString("Field")
		builder.WriteString(strconv.Itoa(i))
		builder.WriteString("=")
		builder.WriteString(strconv.FormatFloat(float64(i)/3, 'g', -1, 64))
		builder.WriteString("; ")
	}
	text := builder.String()
	replacer := strings.NewReplacer("Field", "f", "=", ":")
	sum, total := 0, 0.0
	for range 60 {
		for _, pair := range strings.Split(text, "; ") {
			name, value, ok := strings.Cut(pair, "=")
			if !ok {
				continue
			}
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				panic(err)
			}
			total += number
			index, err := strconv.Atoi(strings.TrimPrefix(name, "Field"))
			if err != nil {
				panic(err)
			}
			sum += index
		}
		sum += len(replacer.Replace(text)) + strings.Count(text, "99") + strings.Index(text, "Field19999=")
		sum += len(strings.Fields(strings.ToUpper(text))) + len(strconv.Quote(text))
		sum += strings.LastIndexByte(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '9' - r + '0'
			}
			return r
		}, text), ';')
	}
	fmt.Println(sum, strconv.FormatFloat(total, 'f', 3, 64))
}
