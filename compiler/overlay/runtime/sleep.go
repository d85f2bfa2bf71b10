// What tests ask about sleeping.

package runtime

import _ "unsafe"

// haveHighResSleep says that sleeps of about a millisecond are possible.
//
//go:linkname haveHighResSleep
var haveHighResSleep = true
