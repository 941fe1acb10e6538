// Package tile models the tile array of a chiplet: tiles of systolic arrays for
// matrix products (GEMM) and a vector unit for element-wise work.
//
// # Model (closed-form fidelity)
//
// A GEMM is cut into folds, each the work that fills one array once: rows x
// cols of the two dimensions that the dataflow lays out in space, while the
// third streams through. One fold takes the law of SCALE-Sim; folds that follow
// each other on an array overlap fill and drain, or not (fill_drain). A mapping
// says how folds are spread over the arrays of all tiles; the mapping "best"
// tries a few and takes the fastest. A dimension that streams may be split, so
// that a small GEMM still occupies every array. Splitting K, or spreading it
// over arrays, leaves partial sums that the vector unit adds afterwards.
//
// Operands stream from SRAM into the arrays: each fold reads what it multiplies,
// divided by operand_reuse (how many arrays or folds an element feeds once it
// is out of SRAM), but each operand at least once. Partial sums that leave an
// array are written and read back at accumulator_bytes. If the distinct operands
// that the arrays of one tile work on exceed half of the tile's SRAM (the other
// half is filled meanwhile), the streaming dimension is cut into equal blocks
// that fit: every fold then runs once per block, with the refill that this
// costs, and moves its sums (output stationary) or its stationary operand
// (weight and input stationary) once more per block.
//
// An op first waits for the operands that fill its arrays, then computes while
// the rest comes; it ends when the arrays are done, the busiest tile's SRAM port
// is done, and the SRAM has answered for all bytes. The first two are formulas
// here; the last is a message to the SRAM, which other traffic may slow down.
// What an op takes beyond its array cycles is counted as stall. Ops run one at
// a time in order.
//
// # Not modelled
//
// The mesh between tiles, the copying of operands from one tile's SRAM to
// another's, instruction issue, overlap of two ops (matrix and vector work do
// not run at once), sparsity, energy.
//
// # Laws the tests hold
//
//   - the mapping scalesim on one array is the zero-stall law of SCALE-Sim, cycle
//     for cycle, and its operand reads are the reads of SCALE-Sim;
//   - cycles are at least FLOPs / peak FLOPs per cycle, for every mapping;
//   - bytes are at least every operand once and every result once;
//   - "best" is never slower than a named mapping;
//   - ComputeCycles + StallCycles is the time from the start of an op to its
//     answer.
package tile
