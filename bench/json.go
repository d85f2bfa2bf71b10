// group: library

// JSON of records with nested values: encode, decode into structs, decode into maps.
package main

import (
	"encoding/json"
	"fmt"
)

type address struct {
	Street string `json:"street"`
	City   string `json:"city"`
	Zip    int    `json:"zip,omitempty"`
}

type person struct {
	Name    string            `json:"name"`
	Age     int               `json:"age"`
	Weight  float64           `json:"weight"`
	Tags    []string          `json:"tags"`
	Homes   []address         `json:"homes"`
	Labels  map[string]string `json:"labels"`
	Manager *person           `json:"manager,omitempty"`
}

func people(n int) []person {
	list := make([]person, n)
	for i := range list {
		list[i] = person{
			Name:   fmt.Sprintf("person %d \"quoted\"", i),
			Age:    20 + i%60,
			Weight: 50 + float64(i%500)/7,
			Tags:   []string{"one", "two", fmt.Sprint("tag", i%17)},
			Homes:  []address{{"Main Street", "Springfield", i}, {"Größe", "東京", 0}},
			Labels: map[string]string{"id": fmt.Sprint(i), "kind": "bench"},
		}
		if i > 0 {
			list[i].Manager = &person{Name: list[i-1].Name, Age: i}
		}
	}
	return list
}

func main() {
	list := people(400)
	bytes, keys := 0, 0
	for range 120 {
		text, err := json.Marshal(list)
		if err != nil {
			panic(err)
		}
		bytes += len(text)
		var back []person
		if err := json.Unmarshal(text, &back); err != nil {
			panic(err)
		}
		keys += len(back[len(back)-1].Labels)
		var free any
		if err := json.Unmarshal(text, &free); err != nil {
			panic(err)
		}
		for _, item := range free.([]any) {
			keys += len(item.(map[string]any))
		}
	}
	fmt.Println(bytes, keys)
}
