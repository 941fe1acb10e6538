// Package link models a point-to-point link between two ports: a 2.5D link
// between two chiplets of the package (wires x rate), or a plain wire inside a
// chiplet.
//
// # Model
//
// Both directions are independent. A direction serialises one message at a time,
// SerialCycles long, and the far side sees it LatencyCycles later. The message is
// chosen among the virtual channels (VCs) whose oldest message has enough credit at
// the far side: the traffic classes share the wire by their weights, in bytes
// (start-time fair queueing), and channels of a class take turns. Credits count the
// bytes of the far port's incoming channel and come home LatencyCycles after the room
// has become free.
//
// Every decision made in cycle t sees what was sent to the port before t, never
// what is sent in t itself: the port is a register, and the outcome does not
// depend on the order of events within a cycle. In cycles:
//
//	sent to the port        t
//	start on the wire       s >= t+1
//	first bits far away     s + LatencyCycles + 1         handed to a CutThrough end
//	wire free               e = max(s + SerialCycles, tail at the near side)
//	last bits far away      e + LatencyCycles             handed to any other end
//
// A packet's HeadCycle and TailCycle are the third and the last of these. A packet that a router has begun to
// forward before its own tail came in cannot leave before that tail does.
//
// # Given ahead
//
// A wire is given messages of at most AheadBytes before it is free for them, one after
// the other, as long as it has no more than AheadBytes to send of those that it was
// given: a queue behind the arbiter, a few tokens deep, which no long chunk joins. A
// message that finds nothing else waiting at the port is given at once, for the next
// cycle or for when the wire is free; what is sent later in the same cycle comes after
// it. What waits is looked at when the wire has sent all that it was given. An event then
// starts several messages, a link that is not saturated needs none, and the far side
// knows sooner when the next one comes; in exchange a message waits for up to twice
// AheadBytes of others that the arbiter would have put behind it.
//
// Hooks on the link see a start when it is decided, and arrivals when they
// happen; without hooks, a port that foresees is told of a message at its start.
//
// A Spec of 0 bits per cycle is an on-chip wire: no serialisation and no
// register, a message sent in cycle t arrives in t + LatencyCycles.
//
// # Not modelled
//
// Errors and retransmission, clock domain crossing, lane training, the energy of
// the wires. Credits travel on wires of their own.
//
// # Laws the tests hold
//
//   - messages of a channel arrive in order, each once, none lost;
//   - the far port is never asked for more room than it has;
//   - no class gets ahead of another of which AheadBytes are waiting by more than a
//     largest message of each, over the weights, and what the wire was given when
//     nothing else waited;
//   - N back-to-back messages hold the wire N x SerialCycles;
//   - at rest every credit is home;
//   - what waits to be sent obeys Little's law, windows of time add up to what was sent
//     and hold no more than the wire carries, and nothing changes by being recorded.
//
// # Shape
//
// What the sending side knows (tx) and what the receiving side knows (rx) are
// separate structures that speak only through two calls with a cycle at least
// one ahead: the flight of a message and the return of a credit. A Pair, the link
// between two engine domains, is cut exactly there: it hands both over by value and
// promises how soon the next can come.
package link
