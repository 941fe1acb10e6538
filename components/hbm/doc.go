// Package hbm models a memory stack behind one port on the network-on-package
// (NoP): an HBM2 stack, or an SSD as another preset of the same part.
//
// # Model (stream fidelity)
//
// A read request asks for Amount bytes that lie together. The stack serves one
// read stream at a time: when the last one has ended, the next is the waiting
// request with the lowest Priority, then the oldest, among those whose first
// word is there (the access latency counts from the arrival of the request, so
// it hides behind the streams before). A stream that has started runs to its
// end, also when a more urgent request comes in. It leaves in chunks; a chunk is
// read only when the outgoing channel has room for it.
//
// Writes arrive in chunks and are posted: a chunk is done when it has crossed
// the data bus, and the chunk marked Last is answered by one acknowledgement.
//
// All channels together form one data bus that reads and writes share. A chunk
// holds it for ceil(bytes / (peak x efficiency)), where the efficiency depends
// on the length of the access: Amount for a read, the chunk for a write. If both
// directions have work they alternate chunk by chunk: at the efficiency of chunks
// half of which are writes, if the table knows writes; and each change of direction
// costs the turnaround, which is 0 where the table was measured with both. Refresh is
// part of the efficiency.
//
// A packet's Bytes is its payload; data packets carry no header.
//
// # Model (bank fidelity)
//
// The same port, queue and order of chunks; but the bursts of a chunk go, in order and
// as fast as they are taken, to the controllers of package bank, at the addresses that
// a Layout gives. Up to readAheadBytes may be on the way. A chunk leaves when its last
// burst is there, in the order in which chunks were asked for; a chunk to write is done
// when the controllers have taken its last burst. The memory's clock is its own.
//
// Package bank also makes the table of the stream level (Measured): the efficiency that
// accesses of a length reach at random places.
//
// # Not modelled
//
// At stream fidelity: banks, rows, address mapping and bank conflicts, a write buffer
// that batches writes. At both: ECC, power states, wear. Capacity is not tracked at run time: nothing is
// allocated here, the config is checked before the run.
//
// # Laws the tests hold
//
//   - a read of n bytes in chunks of c is answered by ceil(n/c) packets whose
//     bytes sum to n, the last one and only that marked Last;
//   - every write gets exactly one acknowledgement, after its last chunk;
//   - at stream fidelity BusyCycles is the sum of the service times of all chunks, and
//     a lone read of one chunk takes latency + service time;
//   - at bank fidelity a lone read takes what the banks take for its bursts;
//   - the bytes moved in a run never exceed peak x cycles.
package hbm
