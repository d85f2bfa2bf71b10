// run

// Functions, files and lines of call stacks: inlined calls, generic functions, deferred calls, func values.
package main

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

type T struct{}

func (T) M()       {}
func (*T) P(x int) {}
func gen[E any](x E) string {
	pc, _, line, _ := runtime.Caller(0)
	return fmt.Sprint(runtime.FuncForPC(pc).Name(), " ", line)
}

func where() string {
	pcs := make([]uintptr, 20)
	n := runtime.Callers(0, pcs)
	var out []string
	fs := runtime.CallersFrames(pcs[:n])
	for {
		f, more := fs.Next()
		if strings.HasPrefix(f.Function, "main.") {
			out = append(out, fmt.Sprint(f.Function, ":", f.Line))
		}
		if !more || f.Function == "main.main" {
			break
		}
	}
	return strings.Join(out, " ")
}

func inl() string { return where() }
func name(f any) string {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	_, line := fn.FileLine(fn.Entry())
	return fmt.Sprint(fn.Name(), " ", line)
}

var global = func() string { return where2() }()

func where2() string {
	_, file, line, ok := runtime.Caller(1)
	return fmt.Sprint(file[strings.LastIndex(file, "/")+1:], line, ok)
}

func main() {
	fmt.Println(inl())
	fmt.Println(name(main), name(inl), name(T.M), name((*T).P), name(func() {}), name(strings.Join))
	fmt.Println(gen(3), gen("x"))
	fmt.Println(global)
	defer func() {
		fmt.Println(recover())
		for i := 0; i < 5; i++ {
			pc, file, line, _ := runtime.Caller(i)
			fmt.Println(runtime.FuncForPC(pc).Name(), strings.HasSuffix(file, ".go") || i > 3, line > 0 || i > 3)
		}
	}()
	panic("p")
}

// STDOUT: main.where:24 main.inl:39 main.main:54
// STDOUT: main.main 53 main.inl 39 main.T.M 15 main.(*T).P 16 main.main.func1 55 strings.Join 468
// STDOUT: main.gen[...] 18 main.gen[...] 18
// STDOUT: callers.go46 true
// STDOUT: p
// STDOUT: main.main.func2 true true
// STDOUT: runtime.gopanic true true
// STDOUT: main.main true true
// STDOUT: runtime.main true true
// STDOUT: runtime.goexit true true
