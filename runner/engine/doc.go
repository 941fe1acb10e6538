// Package engine is the event engine of Mozart behind Akita's sim.Engine, so
// that every Akita component, hook and tracer works on it unchanged.
//
// # Model
//
// Serial counts in whole cycles of one frequency. Events of the next 1792 to 2047
// cycles lie in the inner ring of a timing wheel, one list for the primary and
// one for the secondary events of a cycle, and a two-level bitmap that finds the
// next list. Those of the next million cycles lie in an outer ring, a list for
// 256 cycles each, and all others in a heap; both move inwards as the wheel
// turns. The reusable *port.Wake is linked into these lists as it is: scheduling
// and firing one touches integers only and never allocates. Any other sim.Event
// rides in a pooled carrier.
//
// The order of events is a total order: time, then primary before secondary,
// then schedule order. An event scheduled at the time being handled runs in
// the same cycle, before what comes later in this order.
//
// A time is on the grid when it lies within a millionth of a cycle of a whole
// cycle (or within the rounding error of its own product with the frequency,
// where that is more), and then means that cycle. This absorbs the last-bit
// noise of arithmetic in float64 seconds, such as that of sim.Freq's
// NoEarlierThan. Any other time lies between two cycles: such events run in
// the exact order of their times, after the cycle before and before the cycle
// after. While one is handled, CurrentTime is its own time and CurrentCycle is
// the next whole cycle, the first at which a clocked part can react to it.
//
// # Differences from Akita's engines
//
//   - equal times run in schedule order; Akita's heap order is arbitrary;
//   - an error of a handler ends Run, which returns it; Akita drops it;
//   - CurrentTime, Schedule, AcceptHook and Events belong to the goroutine that
//     handles events, or to anyone while the engine is paused or not running.
//     Progress, Pause, Continue and Stop may be called from any goroutine. A
//     monitor that asks for CurrentTime in a run gets a recent time, unsynchronized;
//   - a second Run while one is going on is an error instead of a wait.
//
// As in Akita, scheduling in the past is a panic: it is a broken invariant of
// the part that does it.
//
// # Not modelled
//
// Whether a simulation that ran out of events has finished or is stuck is not known
// here; the runner asks the parts.
//
// # Laws the tests hold
//
//   - any program of events runs in the order of a sorted list by (time,
//     secondary, schedule order), whichever of rings and heap held them;
//   - stock Akita components see the same times as on Akita's serial engine, and
//     so do its tracers and the hooks of the engine;
//   - no event is lost or repeated by a limit, a stop, a pause or an error;
//   - a steady state does not allocate.
package engine
