// Package port is Mozart's implementation of Akita's sim.Port, with what the
// parts need to sleep well: a clock in whole cycles and a reusable alarm.
//
// # Model
//
// A Port has one incoming and one outgoing queue per virtual channel. Incoming
// queues are bounded in bytes, which is what a link's credits count; outgoing
// queues are bounded in messages. Queues are ring buffers that grow to their
// working size once and then never allocate.
//
// A port whose owner foresees (Expecter) is told of a message when it sets out, with
// the cycle at which it arrives; the message lies in the incoming queue from then on.
// A hook on the port or its link ends that, for hooks see arrivals when they happen.
//
// Outlet, Near, Far and Promise are how a link hands things from one engine domain to
// another; Guard finds who touches a domain that is not its own.
//
// # Laws the tests hold
//
//   - a message leaves a queue once, in the order it came in on its channel;
//   - Deliver never exceeds the byte bound, Send never the message bound;
//   - the owner hears NotifyRecv whenever a channel turns from empty to not
//     empty, and NotifyPortFree whenever an outgoing channel turns from full to
//     not full; the connection hears of every byte freed;
//   - an Alarm calls its owner at the earliest cycle asked for, once; a late one
//     after everything else of that cycle.
//
// A Port is not safe for concurrent use: a component, its ports and the near
// halves of its links live in one engine domain, run by one goroutine.
package port
