package runtime

// Execution traces are not recorded: StartTrace says so, and what package runtime/trace annotates goes nowhere.

// StartTrace enables tracing for the current process.
func StartTrace() error { return errorString("runtime.StartTrace: execution traces are not supported") }

// StopTrace has nothing to end: StartTrace always fails.
func StopTrace() {}

// ReadTrace has no data: StartTrace always fails.
func ReadTrace() []byte { return nil }

func traceAdvance(stopTrace bool) {}

func traceClockNow() uint64 { return uint64(rtNanotime()) }

//go:linkname trace_traceClockUnitsPerSecond runtime/trace.runtime_traceClockUnitsPerSecond
func trace_traceClockUnitsPerSecond() uint64 { return 1e9 }

//go:linkname trace_userTaskCreate runtime/trace.userTaskCreate
func trace_userTaskCreate(id, parentID uint64, taskType string) {}

//go:linkname trace_userTaskEnd runtime/trace.userTaskEnd
func trace_userTaskEnd(id uint64) {}

//go:linkname trace_userRegion runtime/trace.userRegion
func trace_userRegion(id, mode uint64, regionType string) {}

//go:linkname trace_userLog runtime/trace.userLog
func trace_userLog(id uint64, category, message string) {}
