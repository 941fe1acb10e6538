// Package collective holds the in-network reduction that a router runs on the
// way up: the sums of expert outputs are added where they meet (Mozart paper,
// section 4.2) instead of at the attention chiplet. Multicast, its counterpart on
// the way down, needs no state and is part of the router.
//
// # Model
//
// A Reducer owns a fixed number of entries, each the partial sum of one (op,
// token). A contribution passes one adder, which takes
// ceil(bytes / AddBytesPerCycle) cycles each; the sum stands AddLatencyCycles
// after the last one has passed. FanIn, carried by every contribution, says how
// many packets make a sum. A finished sum keeps its entry until the router has
// sent it on.
//
// When every entry is taken and a contribution needs another one, the policy
// decides. "stall" leaves it in the router's input: what is behind it waits too,
// so a system whose chiplets send their tokens in different orders can deadlock.
// "evict" sends the oldest partial sum up as it is and goes on counting the rest
// of that token's packets; the receiver counts contributions, not packets, so
// nothing is lost and nothing waits for good. It costs bandwidth above.
//
// Where switches stand above each other, every one of them has a Reducer. A
// contribution carries the fan-in of each level: how many of the chiplets or switches
// right below have something to add. The finished sum of one level is a contribution
// at the next; a sum that was evicted is none, and goes all the way up as it is, while
// the rest of the token's packets, which are still to come, count as one.
//
// # Not modelled
//
// Values: a packet carries the number of expert outputs in its sum, not the sum.
// The order of additions is therefore not modelled either. The counters of evicted
// tokens are not charged for: they are a few bits each.
//
// # Laws the tests hold
//
//   - contributions out = contributions in, per (op, token), for any order of
//     arrival and any number of entries;
//   - without evictions exactly one packet per (op, token) comes out;
//   - "evict" always drains;
//   - the adder is never used by two contributions at once.
package collective
