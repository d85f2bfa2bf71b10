package runtime

import _ "unsafe" // for linkname

// Functions that every program with reflection links, but that this runtime does not offer: using them ends the program.

//go:linkname reflect_methodValueCall reflect.methodValueCall
func reflect_methodValueCall() { throw("reflect: calls of method values are not supported") }
