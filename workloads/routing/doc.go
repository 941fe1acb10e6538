// Package routing holds which experts each token chooses in each MoE layer: it
// reads and writes traces, imports recorded ones, generates others from a seed,
// and profiles them for a placement.
//
// # Model
//
// A trace is a header and, per layer and token, TopK distinct expert ids in rank
// order, with router weights if they were recorded (Trace in memory, Source as a
// stream of blocks). The binary format of Writer and Reader is described byte by
// byte in docs/routing-format.md. Traces come from
//
//   - Recording: recorded choices per token, as of GPT-OSS-20B;
//   - TableSampler: tokens drawn from recorded counts per vocabulary id (Tables),
//     as of OLMoE-1B-7B-0924 in layers 0, 7 and 15;
//   - Synthetic: a seeded family of topics and popular experts.
//
// A Cursor reads a source in parts: the tokens of a step, then those to profile,
// and no more of a long trace than that.
//
// A Profile of a layer is the paper's V and C (section 4.1); P = C / max C.
// CopiesPerToken is its C_T under a placement (section 4.2).
//
// # Not modelled
//
// Dropped tokens and expert capacity; routing that depends on other tokens'
// choices; router weights of generated traces; change of the routing while a
// model trains. Generated layers depend on each other only through the token's
// id or topic.
//
// # Laws the tests hold
//
//   - every token has TopK distinct ids below Experts in every layer;
//   - what is written is read back, and any changed or missing byte is an error
//     that names the offset; no input makes the reader panic;
//   - a generated trace depends on seed and stream alone, not on block sizes, on
//     which layers and tokens are generated with it, or on the number of
//     processors, which share the layers (Parallel);
//   - random numbers are those of math/rand/v2, whose PCG and exponential draw are
//     done here in one loop;
//   - V sums to 1, C is symmetric, and sum(C) = Tokens * k * (k-1).
package routing
