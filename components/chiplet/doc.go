// Package chiplet is the compute chiplet: NoP ports, a tile array, an SRAM, and
// a sequencer that walks the chiplet's op program. The attention chiplet and
// the expert chiplet are built on it and differ in what they do with tokens.
//
// # Model
//
// An op is issued when everything it depends on is done: matrix and vector ops
// in program order, one at a time, to the tile array; loads as read requests to
// the chiplet's stacks, interleaved over all of them; stores as chunks; tokens
// one packet each. Data that arrives is written to SRAM and data that leaves is
// read from it, sharing its bandwidth with the tile array. A load is done when
// its bytes are in SRAM, a store when the stack has acknowledged the last
// chunk, a send when the last packet has been taken by the port.
//
// The chiplet hears of packets when they set out and wakes at the arrival of those
// that something may follow from: an op that is complete, a batch for the SRAM that is
// full. The others are counted when it wakes next. What follows from arrivals happens
// at the end of the cycle and in program order (port.NewLateAlarm), so that the
// outcome does not depend on the order of events within a cycle.
//
// The attention chiplet sends a token's copies in token order on each of its
// links, and counts what comes back: a token is combined when as many expert
// outputs have returned as it asked for. Outputs are added to the token's sum in
// SRAM as they arrive. An expert chiplet remembers for each
// token that it received how many of its experts it is for and how many
// chiplets or switches contribute at each switch above it, and sends that up again with the result: no
// part knows the routing that has not been told by a packet.
//
// # Not modelled
//
// The sequencer's own instruction fetch and decode; addresses in SRAM; the time of
// the adders at the NoP ports, which keep up with the links.
//
// # Laws the tests hold
//
//   - every op starts after its dependencies end, and is done once; a Receive
//     starts with its first packet, and ends after its dependencies;
//   - a token's copies arrive once each, in the order sent;
//   - contributions that return equal those asked for, token by token;
//   - a drained chiplet is idle: no read, write, token or access is outstanding.
package chiplet
