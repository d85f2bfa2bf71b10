// errors

// An import of nothing.
package main

import "nosuch/thing"

func main() { thing.Do() }

// OUTPUT: missing_package.go:6:8: package nosuch/thing is not in std ($GOROOT/src/nosuch/thing)
