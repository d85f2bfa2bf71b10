package runtime

// Random numbers, for this package and those that link them by name.

func rand() uint64 { return rtRand() }

func cheaprand() uint32 { return uint32(rtRand()) }

// cheaprandn is a random number below n.
func cheaprandn(n uint32) uint32 { return uint32(uint64(cheaprand()) * uint64(n) >> 32) }

// Names by which packages outside of the library have come to ask for random numbers.

//go:linkname fastrand
func fastrand() uint32 { return uint32(rtRand()) }

//go:linkname fastrandn
func fastrandn(n uint32) uint32 { return cheaprandn(n) }

//go:linkname fastrand64
func fastrand64() uint64 { return rtRand() }
