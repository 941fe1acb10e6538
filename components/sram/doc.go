// Package sram models the SRAM of a chiplet: the memories stacked face to face
// on its tiles, taken together as one pool of bytes behind one bandwidth.
//
// # Model
//
// Two ports ask for accesses: Seq (the sequencer: tokens and weights that arrive
// or leave) and Tile (the tile array: operands and results). Each port is served
// in order. Reads and writes share the bandwidth; while both ports have work
// each gets half of it, and a port alone gets all. This is processor sharing
// between two queues, computed in closed form: an access of gigabytes costs the
// same few events as one of a line, and a token's write never waits behind a
// whole GEMM's operands. Shares are whole half-bits per cycle, so nothing is
// rounded but the cycle in which an access ends; the rest of that cycle goes to
// the next access of the same port, if it is there in that cycle.
//
// The answer, the same message with Reply set, leaves a fixed latency after the
// last byte; latencies overlap with the accesses that follow.
//
// Allocate takes effect when an access starts, Release when it ends, so an
// order kept by a port is kept by the occupancy too. Going above the capacity or
// below zero is a broken invariant of whoever planned the memory and panics.
//
// # Not modelled
//
// Which tile holds which byte, banks and their conflicts, the mesh between
// tiles, ECC, leakage. The rest of the cycle in which a port runs dry is not
// given to the other port.
//
// # Laws the tests hold
//
//   - every access is answered once, in order within its port;
//   - a lone access of n bytes takes ceil(n / bandwidth) + latency;
//   - accesses that wait in one port while the other is silent end at
//     ceil(sum of their bytes / bandwidth): no cycle is lost between them;
//   - the sharing equals that of a model stepped cycle by cycle;
//   - occupancy is the sum of Allocate minus the sum of Release.
package sram
