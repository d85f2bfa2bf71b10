package time

import "syscall"

// The local time zone, as on a Unix system: what the variable TZ names, or else the file /etc/localtime. A program that is not granted these
// files has its local time in UTC.

// platformZoneSources are the directories of a system's time zone database.
var platformZoneSources = []string{"/usr/share/zoneinfo/", "/usr/share/lib/zoneinfo/", "/etc/zoneinfo/"}

// initLocal finds the local time zone. TZ may name a file, by an absolute path, or a zone of the database, with or without a colon in front;
// empty, it means UTC.
func initLocal() {
	zone, given := syscall.Getenv("TZ")
	name := "Local"
	directories := platformZoneSources
	if given {
		if zone != "" && zone[0] == ':' {
			zone = zone[1:]
		}
		name = zone
	} else {
		zone = "/etc/localtime"
	}
	localLoc.name = "UTC"
	if zone == "" || zone == "UTC" {
		return
	}
	if zone[0] == '/' {
		directories = []string{""}
	}
	found, err := loadLocation(zone, directories)
	if err != nil {
		return
	}
	localLoc = *found
	localLoc.name = name
}
