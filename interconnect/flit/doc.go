// Package flit is the network at flit fidelity: input-queued virtual-channel
// wormhole routers, the links between them and the endpoints at its edge, cycle by
// cycle. The flit is what a link moves at once; a packet is a head flit, body flits
// and a tail flit (all in one flit if the packet has one only).
//
// # Model
//
// A router has a private buffer per virtual channel (VC) at every input and no
// buffer at its outputs. A flit that arrives in cycle a at the head of an empty
// buffer goes on as follows, with the delays of Delays:
//
//	head  route computation, VC allocation   first tried in v = a + RC + VA - 1
//	head  switch allocation                  first tried in s = v + SA, if v got a VC
//	body  switch allocation                  first tried in s = a + SA - 1
//	all   switch allocation won in s: the flit leaves the buffer, its credit sets out
//	all   on the wire                        in s + ST
//	all   at the next node                   in s + ST + 1 + LatencyCycles
//	      credit usable at the node before   in s + 1 + LatencyCycles + CreditCycles
//
// A flit that comes to the head of its buffer because another one left in cycle s
// counts as having arrived in s + 1. What loses an allocation tries again in the next
// cycle. An output VC belongs to one packet from the VC allocation of its head until
// the switch allocation of its tail, and is free for another head in the cycle after.
// VC allocation does not ask for credit, switch allocation does.
//
// In switch allocation an input offers, for every output, one VC: the next in turn
// among those that have a flit and credit. Input speed-up N splits an input's VCs by
// their number modulo N into N such inputs. The allocators (allocator.go) are short
// files behind one interface for VC and one for switch allocation.
//
// A link narrower than a flit holds it for FlitBits / BitsPerCycle cycles; fractions
// carry over to the next flit. A flit goes to the wire when the link becomes free in the
// course of the cycle, so a train of flits leaves at the exact rate of the link.
//
// Classes have their own VCs at every port; lanes (resource classes of the routing)
// divide the VCs of a class. Classes share an output by weighted round-robin: it
// decides who is preferred, and nobody waits for a class that cannot go.
//
// An endpoint has a queue per class without bound and sends one flit per cycle at
// most; a head takes the next free VC in turn that has credit. Its sink takes flits
// when they arrive, or, if it is bounded, whole packets as its owner gives room.
//
// A multicast packet takes VCs at all its output ports at once or at none. One
// multicast at a time, the oldest of the router, may keep free VCs from others for a
// while, so that it gets its turn. Its flits are copied to each output when that
// output can take them; a flit's buffer becomes free when all have it. A copy that is
// held up so holds up the others once the buffer is full. On a tree this cannot lock
// up if all multicasts of a class go down from the root, or if a buffer holds a whole
// multicast; multicasts of other shapes, longer than a buffer, can wait for each other
// in a circle.
//
// An Interface joins an endpoint with the port of a part that speaks wire.Packet; a
// Reducer is the in-network reduction behind local ports of a router, as many as bring
// its adder what it takes; Collectives steers multicasts and contributions.
//
// # Engine domains
//
// NewParallelNetwork has an engine for each domain of the graph. A direction of a link
// between two domains is a Border: flits cross with the cycle of their arrival, credits
// with that of their use. A flit promises the time of the wires: traversal, serialization
// and flight after any event, and no overtaking of what holds the wire. A credit promises
// its delay, and is not waited for while every VC at the sender has some left. What a
// sending side knows is in its domain alone, and so is a buffer with its input or sink. A
// part may be woken in other cycles than in one domain, with nothing to do in those: it
// must neither count calls nor decide anything before it has to.
//
// # Not modelled
//
// Speculative switch allocation, look-ahead beyond RC = 0, adaptive routing, shared
// buffers, output buffers and output speed-up, errors on the wires. Route
// computation, VC and switch allocation with delays above 1 are pipelined: the time
// passes before the arbitration.
//
// # Laws the tests hold
//
//   - flits of a packet arrive in order, each once, none lost;
//   - a buffer never holds more than its depth, a credit is never lost: at rest every
//     credit is home and every output VC is free;
//   - a lone packet of L flits over H routers takes
//     1 + latency + H x (RC + VA + SA + ST + latency) + L - 1 cycles;
//   - what happens does not depend on the order of events within a cycle, since every
//     part reads only what was sent in an earlier one, nor on whether the network is in
//     one engine domain or in several, for any number of threads and processors;
//   - a multicast reaches every destination once;
//   - every buffer obeys Little's law, and windows of time add up to what was sent;
//   - a sum has every contribution once; a reducer whose table is full holds the network
//     up and loses nothing.
//
// The mechanism follows the input-queued router of BookSim2 (Jiang et al., ISPASS
// 2013), with which runner/reference compares it.
package flit
