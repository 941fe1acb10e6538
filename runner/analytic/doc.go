// Package analytic computes from config and program alone what a step should take,
// and compares that with the emulation. It shares no code with the parts that are
// emulated: what a GEMM, a link or a stack takes is written here once more, from the
// same assumptions.
//
// # Model
//
// A step is a chain of all-to-alls and of what the attention chiplet does between
// them. Predict adds it up, and where things go on at the same time takes the
// longest (docs/analytic.md has every formula):
//
//   - arithmetic: the slower of arrays, vector unit and SRAM for each op;
//   - links: latency, and the bytes of the busiest direction over its rate;
//   - an all-to-all: its own token table, copies and sums where the policy has them;
//   - the experts between two all-to-alls: the chiplet that ends last, each waiting
//     for its own weights and activations;
//   - stacks: one load after another, by priority; stores share evenly.
//
// LowerBounds is simpler: for each phase the time that its busiest resource needs.
//
// # Not modelled
//
// Queues and credits on links, chunks, traffic of several classes on one link, loads
// and stores that turn a stack's bus around, data that moves between SRAM and links
// while the arrays use it; blocks of a GEMM whose operands exceed a tile's SRAM;
// networks whose busiest link is not the one with the most bytes over its rate.
//
// # Laws the tests hold
//
//   - no bound exceeds the emulated time of its phase, on any small system;
//   - the step of tiny under every policy is within 10% of the emulation, and those of
//     other small systems and policies are within what the test lists;
//   - no charge is negative, and they add up to the step, on any small system;
//   - a product, a link and an exchange have the times worked out by hand.
package analytic
