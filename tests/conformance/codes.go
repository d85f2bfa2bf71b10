// Writes the errors that Go's type checker finds in programs, with their codes: `FILE LINE CODE MESSAGE` with tabs between, the message up to
// the end of its first line. It is called with a list of files, each a package, and a file to write to. Packages may
// import the standard library, which is checked from source without bodies.
package main

import (
	"bufio"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"strings"

	"cmd/compile/internal/syntax"
	"cmd/compile/internal/types2"
)

// importer checks packages of the standard library once.
type importer map[string]*types2.Package

func (known importer) Import(path string) (*types2.Package, error) {
	if path == "unsafe" {
		return types2.Unsafe, nil
	}
	if pkg := known[path]; pkg != nil {
		return pkg, nil
	}
	listed, err := build.Default.ImportDir(filepath.Join(os.Getenv("GOROOT"), "src", path), 0)
	if err != nil {
		listed, err = build.Default.ImportDir(filepath.Join(os.Getenv("GOROOT"), "src/vendor", path), 0)
	}
	if err != nil {
		return nil, err
	}
	var files []*syntax.File
	for _, name := range listed.GoFiles {
		file, err := syntax.ParseFile(filepath.Join(listed.Dir, name), nil, nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types2.Config{Importer: known, IgnoreFuncBodies: true, FakeImportC: true, Sizes: types2.SizesFor("gc", "wasm"), Error: func(error) {}}
	known[path], err = config.Check(path, files, nil)
	return known[path], nil
}

// flag is the value of a flag in the comment that is a file's first line.
func flag(first, name string) (value string, found bool) {
	if !strings.HasPrefix(first, "// -") {
		return "", false
	}
	for _, word := range strings.Fields(first[3:]) {
		if value, found := strings.CutPrefix(strings.TrimLeft(word, "-"), name); found {
			return strings.TrimPrefix(value, "="), true
		}
	}
	return "", false
}

func check(known importer, path string, out *bufio.Writer) {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	config := types2.Config{Importer: known, Sizes: types2.SizesFor("gc", "wasm")}
	config.GoVersion, _ = flag(first, "lang")
	_, config.FakeImportC = flag(first, "fakeImportC")
	config.Error = func(err error) {
		if err, ok := err.(types2.Error); ok {
			message, _, _ := strings.Cut(err.Msg, "\n")
			fmt.Fprintf(out, "%s\t%d\t%s\t%s\n", path, err.Pos.Line(), err.Code, message)
		}
	}
	file, _ := syntax.ParseFile(path, func(error) {}, nil, 0)
	if file == nil {
		return
	}
	// Some of the programs are there because they once made the checker panic.
	defer func() { recover() }()
	config.Check("p", []*syntax.File{file}, nil)
}

func main() {
	build.Default.GOOS, build.Default.GOARCH, build.Default.CgoEnabled = "wasip1", "wasm", false
	list, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	output, err := os.Create(os.Args[2])
	if err != nil {
		panic(err)
	}
	out := bufio.NewWriter(output)
	known := importer{}
	for _, path := range strings.Fields(string(list)) {
		check(known, path, out)
	}
	if err := out.Flush(); err != nil {
		panic(err)
	}
}
