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
//   - ImportJSONL, ImportCSV, ImportParquet, ImportNPY, ImportNPZ: recorded choices
//     per token in general formats, checked against the model;
//   - TableSampler: tokens drawn from recorded counts per vocabulary id (Tables),
//     as of OLMoE-1B-7B-0924 in layers 0, 7 and 15;
//   - Synthetic: a seeded family of topics and popular experts, whose load skew,
//     co-activation, overlap of adjacent tokens and affinity of layers are keys.
//
// Generators draw a token's experts one by one without replacement, each with a
// chance proportional to its weight among those left, which is the top-k of logits
// with Gumbel noise: with replacement from an alias table per topic and layer,
// passing over experts chosen before, and after 8*TopK tries from a tree of sums of
// what is left (Synthetic); from such a tree of a token id's counts alone
// (TableSampler). Both ways have the same distribution.
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
//   - what was recorded in a general format comes back choice by choice, in whatever
//     order the rows are; no input makes an importer panic;
//   - a generated trace depends on seed and stream alone, not on block sizes, on
//     which layers and tokens are generated with it, or on the number of
//     processors, which share the layers (Parallel);
//   - ordered choices come with the chance that Plackett and Luce give them, loads
//     and pairs as in a race of exponential times; an expert of weight zero is
//     never chosen; no token allocates memory;
//   - random numbers are those of math/rand/v2, whose PCG is done here in a loop;
//   - loads that are asked for are those that tokens have, whatever the topics;
//   - V sums to 1, C is symmetric, and sum(C) = Tokens * k * (k-1).
package routing
