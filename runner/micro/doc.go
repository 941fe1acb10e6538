// Package micro measures one part alone under synthetic load. Of a network: latency and
// accepted throughput at a rate, and the latency-load curve with the point of
// saturation; the network is package flit, or packages link and router, on any
// topology. Of a tile array: the cycles of one matrix product (Gemm), which package
// tile has formulas for. What follows is about networks.
//
// # Model
//
// Every injecting endpoint creates packets of one length: in each cycle one, with
// probability rate / length (Bernoulli), to a destination by the pattern. The source
// queue is infinite but not stored: a source hands over its next packet, with the
// cycle in which it was created, when the network can take it, and goes on drawing
// from there. Memory is that of what lies in the network, at any rate. Each endpoint
// has two generators (PCG): one for gaps, one for destinations, so that its stream
// depends on the seed and its number alone.
//
// A measurement has four phases.
//
//   - Warm-up, for a number of cycles or in periods of about 5,000 packets (2,000 to
//     50,000 cycles): it ends when, for two periods in a row, the mean latency of what
//     arrived has not grown by more than 5% against the period before, and the number
//     of arrivals has not by more than 5% or two standard deviations. After 12 periods
//     the window opens all the same, and the result says that nothing has settled.
//   - The window, for a number of cycles or about 60,000 packets (10,000 to 1,000,000
//     cycles), doubled up to twice while the 95% confidence interval of the mean
//     latency, from 20 batch means, is wider than 2% of it to either side.
//   - Drain: the load goes on until every packet created in the window has arrived.
//   - End: the sources stop and the network runs empty. That nothing is lost and that
//     every buffer and credit is back is checked in every measurement.
//
// Latency is that of the packets created in the window, accepted is what arrives in
// it. The network is saturated if one of these holds: in the window, 1% less arrives
// than is created (and more than three standard deviations of that number); the mean
// latency of the window's last quarter is more than twice that of its first; the drain
// takes longer than the window did. Latencies are then those of the packets that
// arrived in the window, which grow with its length.
//
// The warm-up threshold, lazy creation and the measured drain are those of BookSim2
// (Jiang et al., ISPASS 2013), batch means and their number Law's (Simulation Modeling
// and Analysis, section 9.5).
//
// # Packet fidelity
//
// The same spec on virtual cut-through: a packet of N flits is N x FlitBytes on links
// of a flit per cycle, router latency is what the stages of the pipeline sum up to,
// and what the virtual channels of a port hold together is shared by as many of the
// four channels of a link as there are virtual channels. Allocators, input speed-up
// and credit delay have no counterpart: outputs take turns and never miss one, and
// credits are home after the time of flight.
//
// # Not modelled
//
// Bursts, packets of mixed lengths, traffic classes, replies.
//
// # Laws the tests hold
//
//   - an uncontended packet of N flits takes 1 + D + H (P + D) + N - 1 cycles over H
//     routers of pipeline P and links of delay D, at both fidelities;
//   - one spec and seed give one result;
//   - every packet created arrives once at its destination, and the network is at rest
//     at the end;
//   - nothing allocates per packet.
package micro
