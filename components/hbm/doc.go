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
// directions have work they alternate chunk by chunk, and each change of
// direction costs the turnaround. Refresh is part of the efficiency.
//
// A packet's Bytes is its payload; data packets carry no header.
//
// # Not modelled
//
// Banks, rows, address mapping and bank conflicts (bank fidelity does that),
// command and address bus, ECC, power states, wear, a write buffer that batches
// writes to save turnarounds. Capacity is not tracked at run time: nothing is
// allocated here, the config is checked before the run.
//
// # Laws the tests hold
//
//   - a read of n bytes in chunks of c is answered by ceil(n/c) packets whose
//     bytes sum to n, the last one and only that marked Last;
//   - every write gets exactly one acknowledgement, after its last chunk;
//   - BusyCycles is the sum of the service times of all chunks;
//   - a lone read of one chunk takes latency + service time;
//   - the bytes moved in a run never exceed peak x cycles.
package hbm
