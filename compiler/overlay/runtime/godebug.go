package runtime

import "unsafe"

// GODEBUG settings: package internal/godebug hears of the defaults that the build chose and of the environment's, at start and whenever
// the program changes the variable. The settings of the Rust runtime are read by itself, once.

// godebugDefault is what the main module's go version and its //go:debug lines say; the compiler may set it through its link name.
//
//go:linkname godebugDefault runtime.godebugDefault
var godebugDefault string

var godebug struct {
	lock    uint32
	changed bool   // the program has set or removed the variable
	env     string // its value then
	update  func(defaults, env string)
}

// godebugEnv is the present value of the variable GODEBUG.
func godebugEnv() string {
	lock(&godebug.lock)
	value, changed := godebug.env, godebug.changed
	unlock(&godebug.lock)
	if changed {
		return value
	}
	return getenv("GODEBUG")
}

// godebugSetting is the value of a setting that the runtime itself acts on, named with its equals sign: the last in the environment, else that of
// the build.
func godebugSetting(name string) string {
	for _, list := range [...]string{godebugEnv(), godebugDefault} {
		for end := len(list); end > 0; {
			start := end
			for start > 0 && list[start-1] != ',' {
				start--
			}
			if setting := list[start:end]; len(setting) >= len(name) && setting[:len(name)] == name {
				return setting[len(name):]
			}
			end = start - 1
		}
	}
	return ""
}

// getenv reads the environment that the program was started with.
func getenv(name string) (value string) {
	rtEnv(unsafe.StringData(name), int64(len(name)), &value)
	return
}

func setGodebugEnv(value string) {
	lock(&godebug.lock)
	godebug.env, godebug.changed = value, true
	update := godebug.update
	unlock(&godebug.lock)
	if update != nil {
		update(godebugDefault, value)
	}
}

//go:linkname godebug_setUpdate internal/godebug.setUpdate
func godebug_setUpdate(update func(string, string)) {
	lock(&godebug.lock)
	godebug.update = update
	unlock(&godebug.lock)
	update(godebugDefault, godebugEnv())
}

// godebug_setNewIncNonDefault offers counters for settings that the runtime itself acts on; it counts none.
//
//go:linkname godebug_setNewIncNonDefault internal/godebug.setNewIncNonDefault
func godebug_setNewIncNonDefault(newIncNonDefault func(string) func()) {}

// godebugMetrics are the counters that package runtime/metrics shows, by name.
var godebugMetrics map[string]func() uint64

//go:linkname godebug_registerMetric internal/godebug.registerMetric
func godebug_registerMetric(name string, read func() uint64) {
	lock(&godebug.lock)
	if godebugMetrics == nil {
		godebugMetrics = make(map[string]func() uint64)
	}
	godebugMetrics[name] = read
	unlock(&godebug.lock)
}

//go:linkname syscall_runtimeSetenv syscall.runtimeSetenv
func syscall_runtimeSetenv(key, value string) {
	if key == "GODEBUG" {
		setGodebugEnv(value)
	}
}

//go:linkname syscall_runtimeUnsetenv syscall.runtimeUnsetenv
func syscall_runtimeUnsetenv(key string) {
	if key == "GODEBUG" {
		setGodebugEnv("")
	}
}

//go:linkname syscall_runtimeClearenv syscall.runtimeClearenv
func syscall_runtimeClearenv(env map[string]int) {
	if _, ok := env["GODEBUG"]; ok {
		setGodebugEnv("")
	}
}

// write is what internal/godebug reports bad settings through.
func write(fd uintptr, p unsafe.Pointer, n int32) int32 { return rtWrite(int32(fd), p, n) }
