// errors

// The parser goes on behind an error and reports the next.
package main

func main() {
	x := := 1
	if x {
	}
	for i = 0; i < 10 {
	}
	else {
	}
}

// OUTPUT: # command-line-arguments
// OUTPUT: ./syntax_error.go:7:7: syntax error: unexpected :=, expected expression
// OUTPUT: ./syntax_error.go:8:2: syntax error: unexpected keyword if at end of statement
// OUTPUT: ./syntax_error.go:10:20: syntax error: unexpected {, expected semicolon or newline
// OUTPUT: ./syntax_error.go:11:2: syntax error: unexpected }, expected expression
// OUTPUT: ./syntax_error.go:12:2: syntax error: unexpected keyword else, expected }
