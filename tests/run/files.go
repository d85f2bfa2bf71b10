// run

// Files and directories from many goroutines at once, and the errors of a full disk, of missing files and of closed ones.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// must ends the program if something that has to work does not.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// copyMany writes and reads files of its own, beside others that do the same in the same directory.
func copyMany(folder string, worker int) (total int) {
	for round := range 20 {
		name := filepath.Join(folder, fmt.Sprintf("w%d-%d", worker, round))
		text := make([]byte, 3000*(worker+1)+round)
		for i := range text {
			text[i] = byte(i * (worker + 7))
		}
		must(os.WriteFile(name, text, 0o644))
		back, err := os.ReadFile(name)
		must(err)
		if string(back) != string(text) {
			panic("read something else than was written")
		}
		must(os.Rename(name, name+".done"))
		total += len(back)
	}
	return total
}

func main() {
	folder, err := os.MkdirTemp("", "warren")
	must(err)
	defer os.RemoveAll(folder)

	var group sync.WaitGroup
	totals := make([]int, 8)
	for worker := range totals {
		group.Go(func() { totals[worker] = copyMany(folder, worker) })
	}
	group.Wait()
	fmt.Println(totals)
	entries, err := os.ReadDir(folder)
	must(err)
	fmt.Println(len(entries), entries[0].Name(), entries[len(entries)-1].Name())

	// Positions, appending, truncation, links, times.
	path := filepath.Join(folder, "a", "b", "file")
	must(os.MkdirAll(filepath.Dir(path), 0o755))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	must(err)
	_, err = file.WriteString("hello, world")
	must(err)
	_, err = file.WriteAt([]byte("W"), 7)
	must(err)
	position, err := file.Seek(-5, 2)
	must(err)
	rest := make([]byte, 10)
	n, err := file.Read(rest)
	fmt.Println(position, string(rest[:n]), err)
	must(file.Truncate(5))
	must(file.Sync())
	must(file.Close())
	appending, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(err)
	fmt.Fprint(appending, "!")
	must(appending.Close())
	must(os.Symlink("file", path+".link"))
	must(os.Link(path, path+".hard"))
	text, err := os.ReadFile(path + ".link")
	target, _ := os.Readlink(path + ".link")
	status, _ := os.Lstat(path + ".link")
	fmt.Printf("%s %v %s %v\n", text, err, target, status.Mode().Type() == fs.ModeSymlink)
	first, _ := os.Stat(path)
	second, _ := os.Stat(path + ".hard")
	fmt.Println(os.SameFile(first, second), first.Size(), first.IsDir())

	must(os.Chdir(folder))
	_, err = os.Stat("a/b/file")
	fmt.Println("relative:", err)

	// Errors.
	_, err = os.Open(path + "?")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	_, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o644)
	fmt.Println(errors.Is(err, fs.ErrExist))
	fmt.Println(errors.Is(os.Remove("a"), syscall.ENOTEMPTY))
	_, err = os.ReadDir("a/b/file")
	fmt.Println(errors.Is(err, syscall.ENOTDIR))
	_, err = file.Write([]byte("x"))
	fmt.Println(errors.Is(err, fs.ErrClosed))
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	must(err)
	n, err = full.Write(make([]byte, 100))
	fmt.Println(n, errors.Is(err, syscall.ENOSPC))
	must(os.Chdir("/"))
}

// STDOUT: [60190 120190 180190 240190 300190 360190 420190 480190]
// STDOUT: 160 w0-0.done w7-9.done
// STDOUT: 7 World <nil>
// STDOUT: hello! <nil> file true
// STDOUT: true 6 false
// STDOUT: relative: <nil>
// STDOUT: true
// STDOUT: true
// STDOUT: true
// STDOUT: true
// STDOUT: true
// STDOUT: 0 true
