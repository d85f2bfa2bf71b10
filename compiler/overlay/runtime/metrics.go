package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Package runtime/metrics reads its samples here. Times of classes of work other than collections are not measured: what is known is the
// time that all processors had, and the part of it that collections took. Histograms hold what the latest 256 collections did.

// metricSample and the types below mirror package runtime/metrics.
type metricSample struct {
	name  string
	value metricValue
}

type metricValue struct {
	kind    int
	scalar  uint64
	pointer unsafe.Pointer
}

type metricHistogram struct {
	counts  []uint64
	buckets []float64
}

const (
	metricBad = iota
	metricUint64
	metricFloat64
	metricHistogramKind
)

func (v *metricValue) setUint(n uint64) { *v = metricValue{kind: metricUint64, scalar: n} }

func (v *metricValue) setFloat(f float64) {
	*v = metricValue{kind: metricFloat64, scalar: *(*uint64)(unsafe.Pointer(&f))}
}

func (v *metricValue) setHistogram(h *metricHistogram) {
	*v = metricValue{kind: metricHistogramKind, pointer: unsafe.Pointer(h)}
}

// metricsState is what all samples of one call are taken from.
type metricsState struct {
	mem        *memStatsRaw
	processors uint64
	upNs       uint64
}

//go:linkname metrics_readMetrics runtime/metrics.runtime_readMetrics
func metrics_readMetrics(samples unsafe.Pointer, n, capacity int) {
	s := metricsState{mem: readMemStatsRaw(), processors: uint64(GOMAXPROCS(0)), upNs: uint64(rtNanotime() - startNanotime)}
	list := unsafe.Slice((*metricSample)(samples), n)
	for i := range list {
		s.read(list[i].name, &list[i].value)
	}
}

func (s *metricsState) read(name string, v *metricValue) {
	mem := s.mem
	switch name {
	case "/cpu/classes/gc/pause:cpu-seconds", "/cpu/classes/gc/total:cpu-seconds":
		v.setFloat(s.gcSeconds())
	case "/cpu/classes/gc/mark/assist:cpu-seconds", "/cpu/classes/gc/mark/dedicated:cpu-seconds", "/cpu/classes/gc/mark/idle:cpu-seconds",
		"/cpu/classes/scavenge/assist:cpu-seconds", "/cpu/classes/scavenge/background:cpu-seconds", "/cpu/classes/scavenge/total:cpu-seconds",
		"/cpu/classes/idle:cpu-seconds", "/sync/mutex/wait/total:seconds":
		v.setFloat(0)
	case "/cpu/classes/total:cpu-seconds":
		v.setFloat(s.cpuSeconds())
	case "/cpu/classes/user:cpu-seconds":
		v.setFloat(max(s.cpuSeconds()-s.gcSeconds(), 0))
	case "/gc/cycles/automatic:gc-cycles":
		v.setUint(mem.numGC - mem.numForcedGC)
	case "/gc/cycles/forced:gc-cycles":
		v.setUint(mem.numForcedGC)
	case "/gc/cycles/total:gc-cycles":
		v.setUint(mem.numGC)
	case "/gc/gogc:percent":
		percent := rtGCPercent(-1 << 31)
		rtGCPercent(percent)
		if percent < 0 {
			v.setUint(1<<64 - 1)
		} else {
			v.setUint(uint64(percent))
		}
	case "/gc/gomemlimit:bytes":
		v.setUint(uint64(rtMemoryLimit(-1)))
	case "/gc/heap/allocs-by-size:bytes":
		v.setHistogram(s.sizes(func(class int) uint64 { return mem.classes[class].mallocs }))
	case "/gc/heap/frees-by-size:bytes":
		v.setHistogram(s.sizes(func(class int) uint64 { return mem.classes[class].frees }))
	case "/gc/heap/allocs:bytes":
		v.setUint(mem.totalAlloc)
	case "/gc/heap/allocs:objects":
		v.setUint(mem.mallocs)
	case "/gc/heap/frees:bytes":
		v.setUint(mem.totalAlloc - mem.alloc)
	case "/gc/heap/frees:objects":
		v.setUint(mem.frees)
	case "/gc/heap/goal:bytes":
		v.setUint(mem.nextGC)
	case "/gc/heap/live:bytes", "/memory/classes/heap/objects:bytes", "/gc/scan/heap:bytes":
		v.setUint(mem.alloc)
	case "/gc/heap/objects:objects":
		v.setUint(mem.heapObjects)
	case "/gc/pauses:seconds", "/sched/pauses/total/gc:seconds", "/sched/pauses/stopping/gc:seconds":
		v.setHistogram(s.pauses())
	case "/sched/pauses/total/other:seconds", "/sched/pauses/stopping/other:seconds", "/sched/latencies:seconds":
		v.setHistogram(&metricHistogram{make([]uint64, len(pauseBuckets)-1), pauseBuckets[:]})
	case "/gc/scan/globals:bytes":
		v.setUint(uint64(module().dataEnd - module().dataStart))
	case "/gc/scan/total:bytes":
		v.setUint(mem.alloc + uint64(module().dataEnd-module().dataStart))
	case "/gc/stack/starting-size:bytes":
		v.setUint(768)
	case "/memory/classes/heap/free:bytes":
		v.setUint(mem.heapIdle)
	case "/memory/classes/heap/unused:bytes":
		v.setUint(mem.heapInuse - min(mem.heapInuse, mem.alloc))
	case "/memory/classes/metadata/other:bytes":
		v.setUint(mem.gcSys)
	case "/memory/classes/other:bytes":
		v.setUint(mem.otherSys)
	case "/memory/classes/total:bytes":
		v.setUint(mem.sys)
	case "/sched/gomaxprocs:threads":
		v.setUint(s.processors)
	case "/sched/goroutines:goroutines":
		v.setUint(uint64(NumGoroutine()))
	case "/sched/threads/total:threads":
		v.setUint(uint64(rtThreadCount()))
	case "/cgo/go-to-c-calls:calls", "/gc/heap/tiny/allocs:objects", "/gc/limiter/last-enabled:gc-cycle", "/gc/scan/stack:bytes",
		"/gc/cleanups/executed:cleanups", "/gc/cleanups/queued:cleanups", "/gc/finalizers/executed:finalizers", "/gc/finalizers/queued:finalizers",
		"/memory/classes/heap/released:bytes", "/memory/classes/heap/stacks:bytes", "/memory/classes/os-stacks:bytes",
		"/memory/classes/metadata/mcache/free:bytes", "/memory/classes/metadata/mcache/inuse:bytes",
		"/memory/classes/metadata/mspan/free:bytes", "/memory/classes/metadata/mspan/inuse:bytes", "/memory/classes/profiling/buckets:bytes",
		"/sched/goroutines-created:goroutines", "/sched/goroutines/not-in-go:goroutines", "/sched/goroutines/runnable:goroutines",
		"/sched/goroutines/running:goroutines", "/sched/goroutines/waiting:goroutines":
		// Not counted.
		v.setUint(0)
	default:
		s.readGodebug(name, v)
	}
}

func (s *metricsState) cpuSeconds() float64 { return float64(s.upNs) * float64(s.processors) / 1e9 }

// gcSeconds is the time of all processors while the world was stopped.
func (s *metricsState) gcSeconds() float64 {
	return float64(s.mem.pauseTotalNs) * float64(s.processors) / 1e9
}

// readGodebug reads the counters of package internal/godebug.
func (s *metricsState) readGodebug(name string, v *metricValue) {
	const prefix, suffix = "/godebug/non-default-behavior/", ":events"
	lock(&godebug.lock)
	read := godebugMetrics[name]
	unlock(&godebug.lock)
	switch {
	case read != nil:
		v.setUint(read())
	case name == prefix+"panicnil"+suffix:
		v.setUint(atomic.Load64(&nilPanics))
	case len(name) > len(prefix)+len(suffix) && name[:len(prefix)] == prefix && name[len(name)-len(suffix):] == suffix:
		v.setUint(0)
	default:
		*v = metricValue{}
	}
}

// sizes is a histogram over the size classes.
func (s *metricsState) sizes(count func(class int) uint64) *metricHistogram {
	classes := s.mem.classes[1:]
	h := &metricHistogram{make([]uint64, len(classes)+1), make([]float64, len(classes)+2)}
	for i := range classes {
		h.counts[i] = count(i + 1)
		// A class holds objects larger than those of the class before.
		h.buckets[i+1] = float64(classes[i].size + 1)
	}
	h.buckets[0] = 1
	h.buckets[len(classes)+1] = infinity()
	return h
}

// pauseBuckets are the bounds of pause times in seconds: powers of two of a microsecond.
var pauseBuckets = func() (bounds [24]float64) {
	for i := range bounds {
		bounds[i] = 1e-6 * float64(uint64(1)<<i) / 2
	}
	bounds[0] = 0
	bounds[len(bounds)-1] = infinity()
	return
}()

func (s *metricsState) pauses() *metricHistogram {
	h := &metricHistogram{make([]uint64, len(pauseBuckets)-1), pauseBuckets[:]}
	for i := 0; i < min(int(s.mem.numGC), len(s.mem.pauses)); i++ {
		seconds := float64(s.mem.pauses[i]) / 1e9
		for b := range h.counts {
			if seconds < h.buckets[b+1] {
				h.counts[b]++
				break
			}
		}
	}
	return h
}

func infinity() float64 {
	bits := uint64(0x7FF0000000000000)
	return *(*float64)(unsafe.Pointer(&bits))
}
