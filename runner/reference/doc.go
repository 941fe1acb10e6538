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
// DEVIATIONS.md lists what is known to differ, and by how much.
package reference
