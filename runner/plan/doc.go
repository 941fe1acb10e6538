// Package plan makes the workload of an experiment: it draws or reads the
// routing, fits the placement on other tokens, builds the op program, and
// checks that the program fits the SRAMs and stacks.
//
// # Model
//
// The tokens of the step and the tokens of the profiling run come from the same
// source and are never the same: two streams of one generator or of the same
// tables, or the start of a recorded trace and what follows it. Of a trace file no
// more is read than these tokens, and no more held than the step's and one block.
//
// # Not modelled
//
// Routing that changes while the model trains: one profile, one placement and
// one step. Fragmentation of memory: needs are sums of bytes.
//
// # Laws the tests hold
//
//   - the placement is a function of the profile, never of the step's tokens;
//   - C_T of a layout that knows nothing is the closed form of placement theory
//     (routing.UniformCT), and group allocation does not change C_T;
//   - the same experiment gives the same plan, on any number of processors;
//   - a fault of the input is an *InputError, which names the config key, or a
//     *CapacityError; every built-in experiment can be planned.
package plan
