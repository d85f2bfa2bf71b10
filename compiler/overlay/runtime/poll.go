package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Network polling for internal/poll: files that can be waited for without a thread. What is known about such a file, its deadlines and
// whether it is being closed, is kept here. Goroutines that wait are the Rust runtime's, which also asks the host in the single-thread
// build; in the other one a goroutine does, below.
//
// The host decides which files get here: package os asks for non-blocking mode first, and only what accepts it is polled.

// polledFile is what the runtime knows about a file. internal/poll holds its address as a number, so a list keeps it alive.
type polledFile struct {
	next, previous *polledFile

	fd            uint32
	closing       uint32
	reads, writes polledSide
}

// polledSide is one direction of a file. The Rust runtime knows its first three fields.
type polledSide struct {
	sequence uint32 // changed when goroutines that wait must look again
	slot     uint32
	place    uint32
	mode     uint32
	deadline int64 // on nanotime's clock; negative: it has passed, 0: none
}

// Results of these functions, as internal/poll knows them.
const (
	pollNoError        = 0
	pollErrClosing     = 1
	pollErrTimeout     = 2
	pollErrNotPollable = 3
)

// Directions and outcomes of the Rust runtime's waits.
const (
	pollReads  = 1
	pollWrites = 2

	pollReady  = 1
	pollFailed = 2
)

var (
	polledFiles    *polledFile
	polledFileLock uint32
)

//go:linkname poll_runtime_pollServerInit internal/poll.runtime_pollServerInit
func poll_runtime_pollServerInit() {
	if !rtPollByMachine() {
		rtGoSystem(askHost)
	}
}

//go:linkname poll_runtime_pollOpen internal/poll.runtime_pollOpen
func poll_runtime_pollOpen(fd uintptr) (uintptr, int) {
	f := &polledFile{fd: uint32(fd)}
	f.reads.mode, f.writes.mode = pollReads, pollWrites
	lock(&polledFileLock)
	f.next = polledFiles
	if f.next != nil {
		f.next.previous = f
	}
	polledFiles = f
	unlock(&polledFileLock)
	return uintptr(unsafe.Pointer(f)), pollNoError
}

//go:linkname poll_runtime_isPollServerDescriptor internal/poll.runtime_isPollServerDescriptor
func poll_runtime_isPollServerDescriptor(fd uintptr) bool { return false }

//go:linkname poll_runtime_pollClose internal/poll.runtime_pollClose
func poll_runtime_pollClose(ctx uintptr) {
	f := polledFileAt(ctx)
	lock(&polledFileLock)
	if f.next != nil {
		f.next.previous = f.previous
	}
	if f.previous != nil {
		f.previous.next = f.next
	} else {
		polledFiles = f.next
	}
	unlock(&polledFileLock)
}

//go:linkname poll_runtime_pollReset internal/poll.runtime_pollReset
func poll_runtime_pollReset(ctx uintptr, mode int) int {
	f := polledFileAt(ctx)
	return f.check(f.side(mode))
}

//go:linkname poll_runtime_pollWait internal/poll.runtime_pollWait
func poll_runtime_pollWait(ctx uintptr, mode int) int {
	f := polledFileAt(ctx)
	s := f.side(mode)
	for {
		sequence := atomic.Load(&s.sequence)
		deadline := atomic.Loadint64(&s.deadline)
		if e := f.check(s); e != pollNoError {
			return e
		}
		switch rtPollWait(f.fd, s.mode, s, sequence, deadline) {
		case pollReady:
			return pollNoError
		case pollFailed:
			if s.mode == pollReads {
				return pollErrNotPollable
			}
			// The write that comes next says what is wrong.
			return pollNoError
		}
	}
}

// poll_runtime_pollWaitCanceled waits although the file is being closed or a deadline has passed.
//
//go:linkname poll_runtime_pollWaitCanceled internal/poll.runtime_pollWaitCanceled
func poll_runtime_pollWaitCanceled(ctx uintptr, mode int) {
	f := polledFileAt(ctx)
	s := f.side(mode)
	for rtPollWait(f.fd, s.mode, s, atomic.Load(&s.sequence), 0) == 0 {
	}
}

//go:linkname poll_runtime_pollSetDeadline internal/poll.runtime_pollSetDeadline
func poll_runtime_pollSetDeadline(ctx uintptr, d int64, mode int) {
	f := polledFileAt(ctx)
	if d > 0 {
		d += nanotime()
		if d < 0 {
			d = 1<<63 - 1
		}
	}
	if mode != 'w' {
		f.reads.setDeadline(d)
	}
	if mode != 'r' {
		f.writes.setDeadline(d)
	}
}

// poll_runtime_pollUnblock ends all waits for the file, now and later.
//
//go:linkname poll_runtime_pollUnblock internal/poll.runtime_pollUnblock
func poll_runtime_pollUnblock(ctx uintptr) {
	f := polledFileAt(ctx)
	atomic.Store(&f.closing, 1)
	f.reads.wake()
	f.writes.wake()
}

// polledFileAt is the file that internal/poll means.
func polledFileAt(ctx uintptr) *polledFile { return (*polledFile)(unsafe.Pointer(ctx)) }

func (f *polledFile) side(mode int) *polledSide {
	if mode == 'w' {
		return &f.writes
	}
	return &f.reads
}

// check says why nobody may wait for this side of the file.
func (f *polledFile) check(s *polledSide) int {
	if atomic.Load(&f.closing) != 0 {
		return pollErrClosing
	}
	if d := atomic.Loadint64(&s.deadline); d < 0 || d > 0 && d <= nanotime() {
		return pollErrTimeout
	}
	return pollNoError
}

func (s *polledSide) setDeadline(d int64) {
	if atomic.Loadint64(&s.deadline) != d {
		atomic.Storeint64(&s.deadline, d)
		s.wake()
	}
}

// wake has goroutines look again that wait for this side of the file.
func (s *polledSide) wake() {
	atomic.Xadd(&s.sequence, 1)
	rtPollWake(s)
}

//go:wasmimport wasi_snapshot_preview1 poll_oneoff
func pollOneoff(subscriptions, events, count uint32, happened *uint32) uint32

// askHost is the goroutine that waits for files on behalf of the others. While it is in the host its thread runs nothing else.
func askHost() {
	var buffers struct{ subscriptions, events uint32 }
	var happened uint32
	for {
		if n := rtPollQuestion(unsafe.Pointer(&buffers)); n > 0 {
			rtPollAnswer(pollOneoff(buffers.subscriptions, buffers.events, uint32(n), &happened), happened)
		}
	}
}
