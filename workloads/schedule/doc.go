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
// and written back. Embedding and LM head run at the attention chiplet.
//
// Activations that the backward pass needs are saved to the stacks and read
// back: per token the block's input, q, k, v, the attention's context, the
// FFN's input and the router's logits; per (token, expert) gate, up and their
// product, and per received copy of a token its vector. Attention probabilities
// are recomputed.
//
// # Not modelled
//
// Dropout, gradient clipping, loss scaling, and collective operations beyond one
// package (data parallelism).
//
// # Laws the tests hold
//
//   - the FLOPs of a program's GEMMs are 3x the model's forward FLOPs, plus the
//     recomputed scores;
//   - each (token, layer) is dispatched and combined once per direction, with
//     top-k expert outputs;
//   - every byte saved is read back, every weight is read and written as often
//     as the policy says;
//   - SRAM that is allocated is released.
package schedule
