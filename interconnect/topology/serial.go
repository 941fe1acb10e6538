package topology

// SerialCycles is the time that a message of size bytes takes a link of
// bitsPerCycle: ceil(8 x bytes / bitsPerCycle) and at least one cycle. A link of
// 0 bits per cycle is a wire inside a chiplet, which takes no such time.
//
// Links and routers both need it, and no room below them knows about links.
func SerialCycles(bytes int, bitsPerCycle int64) int64 {
	if bitsPerCycle == 0 {
		return 0
	}
	return max(1, (int64(bytes)*8+bitsPerCycle-1)/bitsPerCycle)
}

// Serializer is SerialCycles for one link, which remembers the last size: packets
// of few sizes cross a link, and a division costs more than a comparison.
type Serializer struct {
	bitsPerCycle int64
	bytes        int
	cycles       int64
}

// NewSerializer returns the serializer of a link.
func NewSerializer(bitsPerCycle int64) Serializer {
	return Serializer{bitsPerCycle: bitsPerCycle, cycles: SerialCycles(0, bitsPerCycle)}
}

// Cycles is SerialCycles of a message of size bytes.
func (s *Serializer) Cycles(bytes int) int64 {
	if bytes != s.bytes {
		s.bytes, s.cycles = bytes, SerialCycles(bytes, s.bitsPerCycle)
	}
	return s.cycles
}
