// Package analytic computes from config and program alone what the emulation
// cannot beat: for each phase the time that its busiest resource needs, bytes
// over bandwidth of every link and stack, operations over peak of every chiplet.
//
// # Laws the tests hold
//
//   - no bound exceeds the emulated time of its phase, on any small system.
package analytic
