// run env=TZ=:America/New_York

// TZ gives the local time zone.
package main

import (
	"fmt"
	"time"
	_ "time/tzdata"
)

func main() {
	moment := time.Unix(1700000000, 0)
	fmt.Println(time.Local, moment)
	fmt.Println(time.Date(2024, 7, 1, 12, 0, 0, 0, time.Local).UTC())
}

// STDOUT: America/New_York 2023-11-14 17:13:20 -0500 EST
// STDOUT: 2024-07-01 16:00:00 +0000 UTC
