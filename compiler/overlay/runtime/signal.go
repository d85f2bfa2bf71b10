// Signals, as package os/signal asks for them. WebAssembly has none: none ever arrives.

package runtime

import _ "unsafe"

//go:linkname signal_recv os/signal.signal_recv
func signal_recv() uint32 {
	select {}
}

// signalsIgnored has a bit for each signal that the program ignores.
var signalsIgnored [3]uint32

//go:linkname signal_disable os/signal.signal_disable
func signal_disable(s uint32) {}

//go:linkname signal_enable os/signal.signal_enable
func signal_enable(s uint32) {
	if int(s) < 32*len(signalsIgnored) {
		signalsIgnored[s/32] &^= 1 << (s % 32)
	}
}

//go:linkname signal_ignore os/signal.signal_ignore
func signal_ignore(s uint32) {
	if int(s) < 32*len(signalsIgnored) {
		signalsIgnored[s/32] |= 1 << (s % 32)
	}
}

//go:linkname signal_ignored os/signal.signal_ignored
func signal_ignored(s uint32) bool {
	return int(s) < 32*len(signalsIgnored) && signalsIgnored[s/32]&(1<<(s%32)) != 0
}

// The program never waits for signals to be delivered.
//
//go:linkname signalWaitUntilIdle os/signal.signalWaitUntilIdle
func signalWaitUntilIdle() {}
