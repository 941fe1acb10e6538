// # Parallel execution
//
// Parallel cuts a system into domains that meet at crossings alone: one direction
// of a link, for one kind of item. A domain has a Serial of its own, runs on one
// thread at a time, and handles the events before its horizon: the first cycle at
// which something that it does not know of may have an effect on it. There is no
// barrier; a domain waits for those alone whose deeds can reach it.
//
// What an item does, it does at the start of its cycle: items that have come are
// kept back until then, and are taken in the order (cycle, crossing, sequence),
// before the events of the cycle. So the course of a domain depends on the model
// and never on when the host brought an item. It equals the course on one Serial if
// parts do not care about the order of events within a cycle; late alarms come after
// everything else on both.
//
// # Promises and horizons
//
// After a turn a domain publishes in a common table, under a lock, the cycle n
// before which it does nothing of its own, the cycle at which something that has
// come to it takes effect, and for each of its crossings what the near end promises:
// a floor, which holds whatever happens; a delay, which is counted from n; and a
// cycle before which it is calm, which holds unless something reaches the domain.
// The far end adds from when it heeds items: credit that nobody can miss yet, or
// nobody before the domain has acted, does not hold the domain back.
//
// These are plain numbers, so any worker can work out the horizon of any domain
// without touching the memory of another. What domains do unasked is known at once.
// What they do because something has reached them is found in the order in which that
// happens, as in Dijkstra's shortest paths, since everything takes time to cross: the
// answer of a domain that something reaches at cycle m comes no sooner than its promise
// for min(m, n), nor than m plus the lookahead of the crossing. Empty time costs one
// search, however long it is. Consequences of the domain's own deeds are left out of
// its horizon. Instead, each thing that it hands over lowers the limit of the running
// turn to the earliest answer.
//
// The domain whose next cycle is the least always lies before its horizon, so that
// some domain can go on until none has anything to do. The table is exact when no
// turn is running: then, and if no domain can go on, the run is over.
//
// # Workers
//
// A worker picks the domain that is furthest behind among those it has run before,
// whose memory is in its cache; a domain of another worker only after it has waited
// some microseconds, for fetching its memory costs about as much. A turn goes up to
// the horizon, but ends early, after a number of events, when another worker has
// nothing to do; the number adapts to whether that helps. A worker without work
// watches one cache line for news, and sleeps when there are none for long. There are
// never more workers than GOMAXPROCS, and none spins if there are more than
// processors.
//
// A failure ends its domain. The others come to its cycle and no further, so that
// the failure that is first in emulated time is reported, whatever the threads did.
//
// # Laws the tests hold for parallel runs
//
//   - every domain's course is that on one Serial, for any graph, promises and
//     traffic, for 1 to 8 threads and GOMAXPROCS 1 to 8;
//   - after RunUntil every domain has handled exactly what is due by the limit;
//   - no event or item is lost by a limit, a stop or a pause; the end is noticed when
//     neither is left;
//   - empty time between two events costs no more than a few synchronisations;
//   - an item that takes effect sooner than promised is a panic that names its
//     crossing.
package engine
