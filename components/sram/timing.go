package sram

// share is what a port gets per cycle, in half-bits, while active ports have
// work: all of the bandwidth or half of it.
func share(bitsPerCycle int64, active int) int64 {
	if active == 2 {
		return bitsPerCycle
	}
	return 2 * bitsPerCycle
}

// halfBits is the work of an access. maxAccess bytes fit an int64.
func halfBits(bytes int64) int64 { return 16 * bytes }

// maxAccess is the largest access, in bytes: 2^56.
const maxAccess = 1 << 56

// ceilDiv is a / b rounded up, for a >= 0 and b > 0.
func ceilDiv(a, b int64) int64 {
	q := a / b
	if q*b < a {
		q++
	}
	return q
}

// TransferCycles is how long a lone access of bytes takes, without latency.
func TransferCycles(bytes, bitsPerCycle int64) int64 {
	return ceilDiv(halfBits(bytes), share(bitsPerCycle, 1))
}
