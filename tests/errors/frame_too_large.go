// errors

package main

type large struct{ b [1500000000]byte }

func (x large) size() int { return len(x.b) }

func last(list *[1 << 31]byte) (b byte) {
	for _, b = range *list {
	}
	return b
}

func small(list []byte) int {
	f := func(a *[1 << 20]byte) (n int) {
		for _, b := range *a {
			n += int(b)
		}
		return n
	}
	return f((*[1 << 20]byte)(list))
}

func main() {
	println(new(large).size(), last(nil), small(nil))
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./frame_too_large.go:7:6: stack frame too large (>1GB): 0 MB locals + 1430 MB args
// OUTPUT: ./frame_too_large.go:9:6: stack frame too large (>1GB): 2048 MB locals + 0 MB args
