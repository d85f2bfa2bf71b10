import (
	"runtime"
	"unsafe"
)

// H sums up what a program computes: the order of calls matters.
var H uint64 = 14695981039346656037

type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type Pair[A, B any] struct {
	Fst A
	Snd B
}

func (p Pair[A, B]) Swap() Pair[B, A]   { return Pair[B, A]{p.Snd, p.Fst} }
func (p *Pair[A, B]) Set(a A, b B)      { p.Fst, p.Snd = a, b }
func MakePair[A, B any](a A, b B) Pair[A, B] { return Pair[A, B]{Snd: b, Fst: a} }

func Mix(v uint64) {
	H = (H ^ v) * 1099511628211
	H ^= H >> 29
}

func MixI[T Integer](v T) { Mix(uint64(v)) }

func MixB(b bool) {
	if b {
		Mix(3)
	} else {
		Mix(5)
	}
}

func MixF(f float64) {
	if f != f {
		Mix(77)
		return
	}
	Mix(*(*uint64)(unsafe.Pointer(&f)))
}

func MixC(c complex128) { MixF(real(c)); MixF(imag(c)) }

func MixS(s string) {
	Mix(uint64(len(s)))
	for i := 0; i < len(s); i++ {
		Mix(uint64(s[i]))
	}
}

// MixA takes what a panic brought, or any other value.
func MixA(v any) {
	switch v := v.(type) {
	case nil:
		Mix(1)
	case error:
		MixS(v.Error())
	case string:
		MixS(v)
	case int:
		Mix(uint64(v))
	case bool:
		MixB(v)
	case float64:
		MixF(v)
	default:
		Mix(2)
	}
}

func Id[T any](v T) T { return v }

//go:noinline
func Opaque[T any](v T) T { return v }

func Tr[T any](n uint64, v T) T { Mix(n); return v }

// Unused is false; it makes a variable used.
func Unused[T any](T) bool { return false }

func Sel[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}

func Get[T any](p *T) (r T) {
	if p != nil {
		r = *p
	}
	return
}

func At[S ~[]T, T any](s S, i int) (r T) {
	if uint(i) < uint(len(s)) {
		r = s[i]
	}
	return
}

func ChAt(s string, i int) byte {
	if i >= 0 && i < len(s) {
		return s[i]
	}
	return 0
}

func Cut(s string) string {
	if len(s) > 50 {
		return s[:50]
	}
	return s
}

func Sub(s string, i, j int) string {
	if i < 0 || j > len(s) || i > j {
		return s
	}
	return s[i:j]
}

func Clip[T any](s []T) []T { return s[:len(s):len(s)] }

func F2I(f float64) int64 {
	if f > -9e18 && f < 9e18 {
		return int64(f)
	}
	return -1
}

func F2U(f float64) uint64 {
	if f >= 0 && f < 1.8e19 {
		return uint64(f)
	}
	return 1
}

func Itoa[T Integer](v T) string {
	if v == 0 {
		return "0"
	}
	var b [24]byte
	i := len(b)
	neg := v < 0
	for v != 0 {
		i--
		d := int(v % 10)
		if d < 0 {
			d = -d
		}
		b[i] = byte('0' + d)
		v /= 10
	}
	if neg {
		i--
		b[i] = '-'
	}
	return string(b[i:])
}

func Map[S, T any](s []S, f func(S) T) []T {
	var r []T
	for _, x := range s {
		r = append(r, f(x))
	}
	return r
}

func Fold[S, T any](s []S, z T, f func(T, S) T) T {
	for _, x := range s {
		z = f(z, x)
	}
	return z
}

func Filter[S any](s []S, f func(S) bool) (r []S) {
	for i, x := range s {
		if f(x) {
			r = append(r, s[i])
		}
	}
	return
}

func Count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		defer Mix(11)
		for i := range n {
			if !yield(i) {
				Mix(12)
				return
			}
		}
	}
}

func Each[T any](s []T) func(func(int, T) bool) {
	return func(yield func(int, T) bool) {
		for i, x := range s {
			if !yield(i, x) {
				return
			}
		}
		Mix(13)
	}
}

func Twice(f func(func(int) bool)) func(func(int) bool) {
	return func(yield func(int) bool) {
		for x := range f {
			if !yield(x) || !yield(x*2) {
				return
			}
		}
	}
}

// Stack is a generic type with methods that have type parameters.
type Stack[T any] struct{ items []T }

func (s *Stack[T]) Push(v T) { s.items = append(s.items, v) }
func (s *Stack[T]) Pop() (v T, ok bool) {
	if n := len(s.items); n > 0 {
		v, s.items, ok = s.items[n-1], s.items[:n-1], true
	}
	return
}
func (s Stack[T]) Len() int { return len(s.items) }
func (s *Stack[T]) Keep(f func(T) bool) {
	kept := s.items[:0]
	for _, x := range s.items {
		if f(x) {
			kept = append(kept, x)
		}
	}
	clear(s.items[len(kept):])
	s.items = kept
}
func (s Stack[T]) All() func(func(int, T) bool) {
	return func(yield func(int, T) bool) {
		defer Mix(14)
		for i, x := range s.items {
			if !yield(i, x) {
				return
			}
		}
	}
}
func (s Stack[T]) To[U any](f func(T) U) (r Stack[U]) {
	for _, x := range s.All() {
		r.Push(f(x))
	}
	return
}
func (s Stack[T]) Fold[A any](z A, f func(A, T) A) A {
	for _, x := range s.items {
		z = f(z, x)
	}
	return z
}

// Heap has its methods from what it embeds; Wrapped is an alias.
type Heap[T any] struct {
	n int
	*inner[T]
}
type inner[T any] struct{ Stack[T] }
type Wrapped[T any] = Stack[T]

func (h *Heap[T]) Push(v T) {
	if h.inner == nil {
		h.inner = new(inner[T])
	}
	h.n++
	h.inner.Push(v)
}
func (h Heap[T]) Len() int {
	if h.inner == nil {
		return -1
	}
	return h.n*100 + h.Stack.Len()
}
func (h *Heap[T]) Keep(f func(T) bool) {
	if h.inner != nil {
		h.inner.Keep(f)
	}
}
func (h Heap[T]) To[U any](f func(T) U) Stack[U] {
	if h.inner == nil {
		return Stack[U]{}
	}
	return h.inner.To(f)
}
func (h Heap[T]) Fold[A any](z A, f func(A, T) A) A {
	if h.inner == nil {
		return z
	}
	return h.inner.Stack.Fold(z, f)
}
func (h *Heap[T]) Pop() (v T, ok bool) {
	if h.inner == nil {
		return
	}
	return h.inner.Pop()
}

type Ordered interface {
	Integer | ~float32 | ~float64 | ~string
}

type Tree[K Ordered, V any] struct {
	left, right *Tree[K, V]
	key         K
	value       V
}

func (t *Tree[K, V]) Put(k K, v V) *Tree[K, V] {
	switch {
	case t == nil:
		return &Tree[K, V]{key: k, value: v}
	case k < t.key:
		t.left = t.left.Put(k, v)
	case k > t.key:
		t.right = t.right.Put(k, v)
	default:
		t.value = v
	}
	return t
}
func (t *Tree[K, V]) All() func(func(K, V) bool) {
	return func(yield func(K, V) bool) { t.visit(yield) }
}
func (t *Tree[K, V]) visit(yield func(K, V) bool) bool {
	return t == nil || t.left.visit(yield) && yield(t.key, t.value) && t.right.visit(yield)
}

func Walk[K Ordered, V any, R Integer](t *Tree[K, V], f func(K, V) R) (sum R) {
	for k, v := range t.All() {
		sum = sum*5 + f(k, v)
		if k != k {
			return
		}
	}
	return
}

type Set[T comparable] map[T]struct{}

func (s Set[T]) Add(v T) bool {
	_, ok := s[v]
	s[v] = struct{}{}
	return !ok
}

type Option[T any] interface{ Get() (T, bool) }
type Some[T any] struct{ Value T }
type None[T any] struct{}

func (s Some[T]) Get() (T, bool) { return s.Value, true }
func (None[T]) Get() (r T, ok bool) { return }

func Kind[T any](v T) int {
	switch x := any(v).(type) {
	case nil:
		return 0
	case []T:
		return 1
	case Option[T]:
		return 2
	case interface{ Get() (int, bool) }:
		n, _ := x.Get()
		return 3 + n
	case int, string, float64:
		return 4
	case []int, []string, []any:
		return 5
	case error:
		return 6
	case map[string]T, func(T), *T, [2]T, chan T:
		return 7
	case struct{ Value T }:
		return 8
	}
	return 9
}

func Index[S ~[]T, T comparable](s S, v T) int {
	for i := range s {
		if s[i] == v {
			return i
		}
	}
	return -1
}

type MyError struct{ Code int }

func (e *MyError) Error() string { return "my error " + Itoa(e.Code) }

var echo = make(chan int)

func init() {
	go func() {
		for {
			echo <- <-echo + 1
		}
	}()
}

// Exit ends a goroutine.
func Exit() { runtime.Goexit() }

// Yield lets others run in one of several ways.
func Yield(n int) {
	switch n & 3 {
	case 0:
		runtime.Gosched()
	case 1:
		echo <- n
		Mix(uint64(<-echo))
	case 2:
		runtime.GC()
	case 3:
		done := make(chan bool)
		go func() { runtime.Gosched(); done <- true }()
		<-done
	}
}

func Run(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			Mix(99)
			if e, ok := r.(error); ok {
				println(name, "error", e.Error())
			}
			MixA(r)
		}
		println(name, H)
	}()
	f()
}
