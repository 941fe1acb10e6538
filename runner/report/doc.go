// Package report turns the rows of a run into what people and programs read:
// the breakdown of the step, the summary, the comparison of runs, and tables. It
// computes from rows alone and never looks into a part.
//
// # Laws the tests hold
//
//   - exposed times, idle time included, add up to the step, and every cycle is
//     charged to one phase;
//   - energies of phases, and those of parts, add up to that of the step, to the
//     nanojoule;
//   - the keys of summary.json are those of a golden file;
//   - a table has no escape codes unless its Style asks for color.
package report
