// errors

// A program needs func main.
package main

func Main() {}

// OUTPUT: # command-line-arguments
// OUTPUT: runtime.main_main·f: function main is undeclared in the main package
