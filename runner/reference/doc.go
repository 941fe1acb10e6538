// Package reference holds numbers that other simulators gave, and tests that set the
// same scenario up here and compare.
//
// # BookSim2
//
// testdata/booksim holds what BookSim2 measured on the NoP-Tree and on an 8x8 mesh,
// and traces of single packets; its README says how it was made. The tests run
// package micro with the same allocators, pipeline, buffers, credit loop, traffic and
// rates, and print ours, BookSim2's number and the error of each row (go test -v).
// They fail if
//
//   - a packet that meets no other takes a cycle more or less than there;
//   - the mean packet latency below 80% of saturation is off by more than 5%;
//   - the saturation throughput is off by more than 5%;
//   - the rate of a single flow, which is the credit loop's, is off by more than 2%;
//   - a packet of a trace, created in the same cycle at the same place, enters or
//     leaves the network in another cycle, or crosses another number of routers.
//
// The rows are compared with random draws of our own, so that a mean differs by noise
// even where the networks agree: where the spread of our own runs, by seed, is larger
// than these tolerances, it counts instead, and -v prints it. The traces leave no room
// for that.
//
// Every row takes minutes. The test flag -deep asks for them, with windows as long as
// BookSim2's; without it one row of every curve is run, over shorter windows.
//
// # SCALE-Sim
//
// testdata/scalesim holds what SCALE-Sim gave for single matrix products on one
// systolic array; its README has its law. Without buffers, cycles, folds and accesses
// of the mapping scalesim have to be the same in every row. With buffers and a
// bandwidth so have cycles, stalls, and what passes through the buffers.
//
// # DRAMsim3 and Ramulator 2
//
// testdata/dram holds what the two measured on a stack of HBM2, and command logs of a
// channel; its README says how they were made. Under the presets of package bank that
// are named after them, a row in which nothing is drawn at random must take the same
// cycles, to one, with the same mean read latency, and a command log must be the same.
// Of the other rows the bandwidth must be within 5% and the mean read latency within
// 10%, the latter within four deviations of a single run of ours, at most 20%, where
// that is more. Without -deep one row in nine is compared.
//
// DEVIATIONS.md lists what is known to differ, and by how much.
package reference
