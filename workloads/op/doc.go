// Package op is the program format: what each chiplet has to do in one training
// step, as a graph of ops with shapes, bytes and dependencies. A program carries
// the token-to-chiplet tables of every layer, so that a run needs no routing
// trace. It knows no engine and no hardware beyond the number of chiplets.
//
// # Model
//
// A Program has one Device per chiplet. The ops of a device depend only on
// earlier ops of the same device; what one chiplet needs to know of another
// travels as a message: tokens (Send, Receive) or a signal (Signal, Await).
//
// # Laws the tests hold (Program.Check)
//
//   - dependencies point backwards, so a device's op list is a topological order;
//   - every Send names Receive ops that expect exactly what it sends, every
//     Signal an Await that expects it;
//   - FLOPs and bytes of an op follow from its shape alone.
package op
