// Package energy turns counts of events into energy: so many multiplications, bits
// over links, row activations, each at a price, and power that is drawn whether
// anything happens or not. It is pure: counts come from the counters of a run, prices
// from the configuration, and nothing here knows a part.
//
// # Model
//
//	energy of a part = sum over events of count x price + static power x time
//
// A Ledger has a row per part and cause, and a column per phase of the step, or per
// window of time. Its cells are whole nanojoules.
//
// # Not modelled
//
// Dependence on data (how many bits toggle), on voltage and on temperature; clock and
// power gating; wires within a chiplet beyond those in the price of an SRAM access;
// the conversion losses of the supply.
//
// # Laws the tests hold
//
//   - rows, columns and parts add up to the total exactly: cells are integers, and
//     the total is their sum;
//   - Spread divides a count by weights without losing or adding one;
//   - the energy of counts is their sum times prices, rounded once.
package energy
