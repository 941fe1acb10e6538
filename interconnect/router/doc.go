// Package router models a switch of the network-on-package: an Akita component
// with a port per neighbor.
//
// # Model
//
// Virtual cut-through. A packet lies in a byte-bounded input buffer per port and
// virtual channel (VC) and moves, whole, into a message-bounded output queue. It
// may do so LatencyCycles after its head has come in. A head that would outrun its
// own tail is held back until the rest arrives just in time: a link is held for
// as long as its own rate asks for, never for as long as a slower link upstream
// does (see timing.go).
//
// Per output and VC the inputs take turns (round-robin), and one packet moves per
// cycle. Only the oldest packet of an input channel is looked at. Its room is free
// once it has moved and its tail is in. Nothing is ever dropped: an output that is
// full, or a far side without credit, blocks the channel behind it.
//
//   - Multicast: a dispatch packet with Branches moves one copy to each port on the
//     way to one of them, each when that port has room, and gives up its place with the
//     last. A copy carries the destinations that are left to it and, for the way back,
//     how many copies were made.
//   - Reduction: a combine packet with Reduce and a FanIn above 1 goes to the
//     collective.Reducer, when its tail is in, and the sum comes back as from one
//     more input. The contributions to one sum travel on one VC. Where switches stand
//     above each other, each of them adds.
//   - Lanes: where routes need several channels to be free of deadlock, a port has a VC
//     per lane and class, and the route says which lane a packet goes on in
//     (Wiring.Turns). A lane of a port takes turns as a port does.
//
// Every decision in cycle t rests on what happened before t: a packet that has
// come in during t is eligible at t + LatencyCycles, which is later; an entry of the
// reducer that becomes free in t is used from t + 1 on. Room that an output queue
// gains in t is used in t, by one packet, whether the queue gains it before or after
// the router wakes. So the outcome does not depend on the order of events within a
// cycle.
//
// # Not modelled
//
// Flits, VC allocation and switch allocation as separate stages, crossbar
// conflicts between VCs of one port, adaptive routes.
//
// # Laws the tests hold
//
//   - every packet leaves once on the way to its destination, a multicast once per
//     child, in order per input, output and VC;
//   - contributions out = contributions in;
//   - inputs that compete for an output get equal turns;
//   - a router at rest holds nothing;
//   - every wait of a packet in an input buffer has one cause, and nothing changes by
//     being recorded.
package router
