// Package schedule turns a model, a routing trace and an expert placement into
// the op program of one training step under a policy. The policy is data: which
// transfers overlap which computation, how many copies of a token travel, where
// expert outputs are added, and in which order weights are loaded.
//
// # Model
//
// Layer-major order: a block's weights are on chip while all micro-batches of
// the step pass through it, one after another, forward through all layers and
// then backward. Per micro-batch: attention and router at the attention
// chiplet, dispatch, experts one after another on each expert chiplet, combine.
// The backward pass mirrors it: gradients of the expert outputs go down,
// gradients of the expert inputs come up, then attention's dgrad and wgrad.
// After its last micro-batch a block's parameters are updated where they live
// and written back. Embedding and LM head run at the attention chiplet. Weights
// that are too large for its SRAM, the LM head's and those of a dense layer's
// FFN, are swept through it in slices, each for all micro-batches.
//
// Activations that the backward pass needs are saved to the stacks and read
// back: per token the block's input, q, k, v, the attention's context, the
// FFN's input and the router's logits; per (token, expert) gate, up and their
// product, and per received copy of a token its vector; the logits of the LM
// head. Attention probabilities are recomputed, or saved too. A restore waits for the store of
// the same data.
//
// A synchronous all-to-all has two barriers, made of signals to and from the
// attention chiplet: no expert chiplet computes before all have their tokens, and
// none sends before all have computed. Shared experts at the attention chiplet
// work between the two.
//
// Attention works on the scores that a causal mask leaves, in one piece for each head
// and sequence or in square tiles, whose softmax scales what came before. Softmax,
// norms, SwiGLU, rotary embedding, residuals and the optimizer run on the vector unit,
// with so many operations per element as the policy says.
//
// Computation is one chain per chiplet. Around it, as far as the policy lets
// them overlap, weights load into the place that the ones before have left, at
// most two pieces of activations are on their way to or from the stacks, and
// write-backs run behind.
//
// # Not modelled
//
// Dropout, gradient clipping, loss scaling, and collective operations beyond one
// package (data parallelism). The router's weights and their gradients travel with
// the tokens for free. SRAM is accounted for what outlives an op: weights,
// gradients, saved activations, tokens, the residual stream; an attention piece's
// temporary gradients and scores are not. A weight gradient that is added to an
// older one is not read first.
//
// # Laws the tests hold
//
//   - in a synchronous all-to-all experts compute, and results leave, only after a
//     signal;
//   - the FLOPs of a program's GEMMs are 3x the model's forward FLOPs, plus the
//     recomputed scores, and what tiles on the diagonal compute in vain;
//   - each (token, layer) is dispatched and combined once per direction, with
//     top-k expert outputs;
//   - every byte saved is read back, every weight is read and written as often
//     as the policy says;
//   - SRAM that is allocated is released, and never exceeds SRAMNeed, whatever
//     the timing (runner/build, system_test.go).
package schedule
