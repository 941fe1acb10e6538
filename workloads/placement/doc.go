// Package placement decides which expert lives on which chiplet, and which
// chiplets share a switch group.
//
// # Model
//
// The machine has Chiplets expert chiplets in Groups switch groups of equal
// size; chiplet c is wired to group c / (Chiplets / Groups) and nothing can
// change that. Placing the routed experts of one layer takes three steps, from
// a routing.Profile of that layer:
//
//  1. a Policy splits the experts into as many equal sets (clusters) as there
//     are chiplets: by number (Contiguous, RoundRobin) or by lot (Random); by load
//     (GreedyBalanced); by what is chosen together (Algorithm1, paper section 4.2,
//     and Algorithm1Swaps); by both (Annealed);
//  2. an Allocator gives each group its clusters (paper Eq. 5, or none at all);
//  3. the clusters of a group take the group's chiplets, lower cluster first.
//
// The result, a Placement, holds only step 3: the physical chiplet of every
// expert of every layer. The Report of Fit keeps the steps before it, Measure says
// what it comes to on other tokens, and a Document is all of that as JSON.
//
// Swaps and annealing count copies on the profile's sample of tokens
// (routing.Profile.Sample) instead of adding up pairs: of a token's experts, three
// on one chiplet save two copies, but make three pairs. With two experts per chiplet
// the two are the same.
//
// FitGenerator goes the other way: from a trace to the keys of routing.Synthetic whose
// tokens are placed as well, and as badly, as those of the trace.
//
// # Not modelled
//
// Shared experts, which every token visits; copies of one expert on several
// chiplets; clusters of unequal size (65 experts on 16 chiplets is an error);
// any cost between two chiplets of one group, so the order of the chiplets in
// a group carries no meaning.
//
// # Laws the tests hold
//
//   - every expert of a layer is on exactly one chiplet, and every chiplet has
//     the same number of experts of that layer;
//   - every group has the same number of clusters;
//   - the same profiles, policy, allocator and seed give the same Placement,
//     and a layer's clusters depend on no other layer;
//   - swaps never lose against Algorithm 1 on held-out tokens of the sample; where
//     none are held out they end where no swap helps; annealing finds the best of
//     small layers, for any weight of the load;
//   - the balanced allocation is never worse than longest-processing-time
//     first, never better than the lower bound it reports, and equal to an
//     exhaustive search whenever it says Optimal; the exact one says so for all
//     small cases, and bounds what it does not prove.
package placement
