// Package stats holds what links, routers, networks of flits, stacks and loads count
// with: a histogram of bounded memory and a finer one, queues and buffers watched over
// time, and bytes in windows.
//
// # Model
//
// Histogram counts integers on a scale that is exact below 16 and has 8 buckets
// per octave from there on, so that a quantile is at most one eighth too high and
// never too low; Latencies is exact below 2048 and within a thousandth above. Queue and
// Buffer weigh how much is there by the cycles it is there for; they are told of the
// cycle at which something leaves, which may be one to come. Windows cut a run into at
// most MaxWindows windows of equal length, which doubles as the run goes on.
//
// # Not modelled
//
// Nothing is sampled: every message counts. What has not left when a run is cut short
// is not counted.
//
// # Laws the tests hold
//
//   - Little's law, exactly: the sum over messages of the cycles they waited is the
//     sum over cycles of the messages that waited;
//   - a quantile is the exact one or at most one eighth above it;
//   - windows add up to what was put into them, whatever their length has become;
//   - the order of calls within a cycle does not show.
//
// Nothing allocates once a histogram has seen its largest value and a queue its
// longest.
package stats
