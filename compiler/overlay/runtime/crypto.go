package runtime

import "unsafe"

// What the cryptography of the standard library asks: marks of the goroutine that say which algorithms it uses, and how to stop.

//go:linkname rtMarks rt.marks
func rtMarks() uint32

//go:linkname rtSetMarks rt.set_marks
func rtSetMarks(marks uint32)

// A goroutine's marks: the byte that crypto/internal/fips140 keeps, and whether crypto/fips140 is bypassed.
const (
	markIndicator = 0xff
	markBypass    = 1 << 8
)

//go:linkname fips_getIndicator crypto/internal/fips140.getIndicator
func fips_getIndicator() uint8 { return uint8(rtMarks() & markIndicator) }

//go:linkname fips_setIndicator crypto/internal/fips140.setIndicator
func fips_setIndicator(indicator uint8) { rtSetMarks(rtMarks()&^markIndicator | uint32(indicator)) }

//go:linkname fips140_setBypass crypto/fips140.setBypass
func fips140_setBypass() { rtSetMarks(rtMarks() | markBypass) }

//go:linkname fips140_unsetBypass crypto/fips140.unsetBypass
func fips140_unsetBypass() { rtSetMarks(rtMarks() &^ markBypass) }

//go:linkname fips140_isBypassed crypto/fips140.isBypassed
func fips140_isBypassed() bool { return rtMarks()&markBypass != 0 }

//go:linkname fips_fatal crypto/internal/fips140.fatal
func fips_fatal(s string) { fatal(s) }

//go:linkname sysrand_fatal crypto/internal/sysrand.fatal
func sysrand_fatal(s string) { fatal(s) }

//go:linkname rand_fatal crypto/rand.fatal
func rand_fatal(s string) { fatal(s) }

//go:linkname fips140deps_monoTime crypto/internal/fips140deps/time.monoTime
func fips140deps_monoTime() int64 { return nanotime() }

// setDITEnabled switches instructions of data-independent timing on where a processor has such a mode; wasm has none.
//
//go:linkname subtle_setDITEnabled crypto/subtle.setDITEnabled
func subtle_setDITEnabled() bool { return false }

//go:linkname subtle_setDITDisabled crypto/subtle.setDITDisabled
func subtle_setDITDisabled() {}

// registerCache clears a cache at every collection; only builds with BoringCrypto use one.
//
//go:linkname boring_registerCache crypto/internal/boring/bcache.registerCache
func boring_registerCache(p unsafe.Pointer) {}

// Marks for tools that look into programs: calls of them tell which cryptography is linked in.

//go:linkname sig_BoringCrypto crypto/internal/boring/sig.BoringCrypto
func sig_BoringCrypto() {}

//go:linkname sig_FIPSOnly crypto/internal/boring/sig.FIPSOnly
func sig_FIPSOnly() {}

//go:linkname sig_StandardCrypto crypto/internal/boring/sig.StandardCrypto
func sig_StandardCrypto() {}
