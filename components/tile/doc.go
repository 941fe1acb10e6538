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
// # Fold by fold (fidelity tile)
//
// The operands of a fold are an access of their own. They move while the arrays work
// on the fold before, into the other half of their buffers; the results of a fold move
// out while the arrays work on the next one, and the arrays wait when those of the fold
// before have not left. A buffer half holds a fold, or as many short ones as take 64
// cycles. The first fold begins when each lane has its first operands; a fold that
// streams while its operands come ends when they have come. The port of the busiest
// tile moves its share of every fold. Partial sums of a split K are read, added and
// written at the end. Vector work is as in closed form.
//
// At both fidelities stalls are counted by cause: first operands (fill), port of the
// busiest tile (port), everything else in the SRAM (sram). What arrays work longer
// because operands do not fit is counted too (capacity), and is no stall.
//
// # One array behind buffers
//
// Timing.Buffered is a single array whose operands and results pass through
// double buffers of a given size and rate, for the comparison with SCALE-Sim. In the
// mapping scalesim it walks cycle by cycle through SCALE-Sim's own buffers; in the
// others every fold takes the time of the array or of the slowest transfer, the
// first one aside.
//
// # Not modelled
//
// The room at the edge of an array for the fold that is fetched while one runs (at tile
// fidelity 128 KiB for 16 x 16 at K = 2048: more in all than a tile's SRAM), which hides
// hiccups of the SRAM that are shorter than a fold. The mesh between tiles, the
// copying of operands from one tile's SRAM to another's, instruction issue, overlap of
// two ops (matrix and vector work do not run at once), sparsity, energy.
//
// # Laws the tests hold
//
//   - the mapping scalesim on one array is the zero-stall law of SCALE-Sim, cycle
//     for cycle, its operand reads are the reads of SCALE-Sim, and behind buffers
//     its stalls are SCALE-Sim's (runner/reference);
//   - the walk by formula is a walk over every element;
//   - cycles are at least FLOPs / peak FLOPs per cycle, for every mapping;
//   - bytes are at least every operand once and every result once;
//   - fold by fold takes as long as closed form, within 5% and a round trip to the
//     SRAM, when nothing stalls, and moves the same bytes always;
//   - stalls by cause add up to the stalls;
//   - "best" is never slower than a named mapping;
//   - ComputeCycles + StallCycles is the time from the start of an op to its
//     answer.
package tile
