// run
//
// A program with package runtime/debug knows how it was built. Modules are tried by the unit tests of the compiler.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

func main() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		fmt.Println("no build info")
		return
	}
	fmt.Println(info.Path, info.GoVersion == runtime.Version(), info.Main == debug.Module{}, len(info.Deps))
	for _, setting := range info.Settings {
		if setting.Key != "-target" {
			fmt.Println(setting.Key, setting.Value)
		}
	}
}

// STDOUT: command-line-arguments true true 0
// STDOUT: -buildmode exe
// STDOUT: -compiler gc
// STDOUT: CGO_ENABLED 0
// STDOUT: GOARCH wasm
// STDOUT: GOOS wasip1
