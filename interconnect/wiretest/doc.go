// Package wiretest drives parts that speak wire with small real agents over real
// ports, as net/http/httptest does for handlers, and holds the conformance suite
// that every such part passes.
//
// # Model
//
// An Agent is an Akita component with one port. As a source it sends the messages
// it was given, each channel in order, as the port takes them. As a sink it takes
// every message at once or after a service time, one at a time. As an echo it sends
// packets back to where they came from. A System is an engine, a packet pool and
// everything that has to be quiet at the end.
//
// # Laws the suite holds (RunContract)
//
// With ports one message deep, with slow sinks, with bursts and with a trickle: the
// run ends, what comes out is what must come out by number and bytes, every part is
// idle and waits for nothing, every packet is back in the pool, and a second run
// gives the same cycles.
package wiretest
