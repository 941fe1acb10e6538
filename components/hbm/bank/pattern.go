package bank

import (
	"fmt"
	"strconv"
	"strings"
)

// Pattern is a sequence of addresses.
type Pattern struct {
	Kind PatternKind
	// StrideBytes is from address to address, if Strided.
	StrideBytes int64
	// Streams is the number of streams, if Streams or StreamsStaggered.
	Streams int64
}

// PatternKind says how addresses follow each other.
type PatternKind uint8

// The kinds of patterns. n is the size of a request.
const (
	Sequential       PatternKind = iota // 0, n, 2n, ...
	Random                              // independent multiples of n, uniform over the stack
	Strided                             // 0, s, 2s, ... modulo the capacity
	Streams                             // sequential streams in turn; stream i starts at i/Streams of the capacity
	StreamsStaggered                    // the same, stream i i x 40 KiB further on
)

// staggerBytes is the extra distance of staggered streams.
const staggerBytes = 40 << 10

// ParsePattern reads sequential, random, strided:BYTES, streams:N or
// streams-staggered:N.
func ParsePattern(text string) (Pattern, error) {
	name, arg, hasArg := strings.Cut(text, ":")
	p := Pattern{}
	var n *int64
	switch name {
	case "sequential":
	case "random":
		p.Kind = Random
	case "strided":
		p.Kind, n = Strided, &p.StrideBytes
	case "streams":
		p.Kind, n = Streams, &p.Streams
	case "streams-staggered":
		p.Kind, n = StreamsStaggered, &p.Streams
	default:
		return Pattern{}, fmt.Errorf("pattern %q: want sequential, random, strided:BYTES, streams:N or streams-staggered:N", text)
	}
	if hasArg != (n != nil) {
		return Pattern{}, fmt.Errorf("pattern %q: %s takes %s", text, name, map[bool]string{true: "no number", false: "a number"}[hasArg])
	}
	if n != nil {
		v, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || v < 1 || v > 1<<40 {
			return Pattern{}, fmt.Errorf("pattern %q: %q is not a number from 1 to 2^40", text, arg)
		}
		*n = v
	}
	return p, nil
}

// String is the text that ParsePattern reads.
func (p Pattern) String() string {
	switch p.Kind {
	case Random:
		return "random"
	case Strided:
		return fmt.Sprintf("strided:%d", p.StrideBytes)
	case Streams:
		return fmt.Sprintf("streams:%d", p.Streams)
	case StreamsStaggered:
		return fmt.Sprintf("streams-staggered:%d", p.Streams)
	}
	return "sequential"
}

// addr is the address of request i of n bytes in a stack of some capacity; random is
// a random number of 64 bits, used by Random alone.
func (p Pattern) addr(i, n, capacity int64, random uint64) uint64 {
	switch p.Kind {
	case Random:
		return random % uint64(capacity/n) * uint64(n)
	case Strided:
		return uint64(i * p.StrideBytes % capacity)
	case Streams, StreamsStaggered:
		stream, step := i%p.Streams, i/p.Streams
		at := stream*(capacity/p.Streams) + step*n
		if p.Kind == StreamsStaggered {
			at += stream * staggerBytes
		}
		return uint64(at % capacity)
	}
	return uint64(i * n % capacity)
}
