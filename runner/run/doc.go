// Package run takes a plan through an emulation to rows: it builds the system,
// drains the engine, watches for interrupts and deadlocks, checks conservation,
// and turns a panic of a part into a named error.
//
// # Laws the tests hold
//
//   - the same plan gives the same digest;
//   - a run that ends with work left is a DeadlockError that names the blocked
//     ports and the cycle of waits;
//   - an interrupt leaves rows and a summary of what is finished.
package run
