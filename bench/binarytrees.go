// group: trees

// Allocates, walks and drops binary trees while a long-lived one stays.
package main

type node struct{ left, right *node }

func build(depth int) *node {
	if depth <= 0 {
		return &node{}
	}
	return &node{build(depth - 1), build(depth - 1)}
}

func (n *node) count() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

func main() {
	const minDepth, maxDepth = 4, 18
	println(build(maxDepth + 1).count())
	long := build(maxDepth)
	for d := minDepth; d <= maxDepth; d += 4 {
		rounds := 1 << uint(maxDepth-d+minDepth)
		check := 0
		for i := 0; i < rounds; i++ {
			check += build(d).count()
		}
		println(rounds, d, check)
	}
	println(long.count())
}
