// Package bank times one memory stack command by command: channels, pseudo-channels,
// bank groups, banks and their rows, and a controller for each channel that turns
// requests for bursts into ACT, PRE, RD, WR and REF. It knows nothing of ports or of
// an engine; a caller submits requests and lets cycles pass.
//
// # Model
//
// Each channel has a row and a column command bus, which its pseudo-channels share,
// and each pseudo-channel a data bus. A controller issues at most one row and one
// column command a cycle, when every constraint of Timing allows. What it issues is
// put together from policies, each a short file:
//
//   - the scheduler: fr-fcfs (first ready, first come first served, over one queue for
//     all banks), fcfs (strictly in order), fr-fcfs-banked (a queue at each bank, asked
//     in turn);
//   - the page policy: open, or closed behind the last waiting access;
//   - the drain, which says when writes go: watermark or batch;
//   - the mapping from address to place, a text such as rorabgbachco;
//   - refresh: of all banks at tREFI, after PRE for each or PREA for all, or of one
//     bank in turn at an interval of its own.
//
// Writes are posted. A read of a burst that waits to be written is answered from the
// queue, and a write to one takes its place.
//
// No cycle without work is looked at: each controller knows the first cycle at which
// any of its commands may go, and a Stack tells its caller when something can change.
// Nothing is allocated per request.
//
// # Presets
//
// hbm2, hbm2e and hbm3 are stacks of 256, 410 and 819 GB/s. hbm2-dramsim3 and
// hbm2-ramulator2 are what those simulators time, controllers included; package
// runner/reference holds their numbers, and command logs, beside ours.
//
// # Not modelled
//
// Data and ECC, power-down and self-refresh, temperature and row-hammer refresh, the
// extra cycle between stack IDs of HBM3 (tCCDR), postponed refreshes, hazards between
// a read and a later write of the same burst, and merging of two reads of one burst.
// Energy is counted elsewhere, from the commands in Stats.
//
// # Laws the tests hold
//
//   - every constraint blocks a command until cycle n-1 and no longer;
//   - no command log of any policy breaks a constraint, opens an open row, uses a closed
//     one, lets bursts overlap on a data bus or misses a refresh;
//   - every read is answered once, in the order of cycles; statistics agree with the log;
//   - looking at every cycle gives the same as skipping to the cycles the stack names;
//   - a mapping gives every burst a place of its own.
package bank
