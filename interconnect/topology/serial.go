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
