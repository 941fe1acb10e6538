package router

// eligibleCycle is the first cycle at which a packet may move to an output.
//
// What comes in at cycle x may be on the output link from x + latency + 1 on:
// latency for the router, 1 for the register of the output port. That holds for
// the head, ready at base, and it holds for the last bits, which come in at tail
// and are on the link during its last cycle of serialising. Were a head sent as
// soon as it can, a packet from a slow link would hold a fast one while its bits
// trickle in, and the fast link would be worth no more than the slow one; so it
// starts late enough to leave at the fast link's own rate.
func eligibleCycle(base, tail, latency, serial int64) int64 {
	return max(base, tail+latency+1-serial)
}
