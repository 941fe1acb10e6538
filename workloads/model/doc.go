// Package model describes mixture-of-experts (MoE) transformers: how many
// layers, which weight matrices of which shape, and how many parameters, bytes
// and floating-point operations follow from them.
//
// A [Spec] is plain data read from a file in configs/models. Everything else is
// a pure function of it, so a scheduler, a capacity check and a closed-form
// model that ask the same question get the same number.
//
// # Model
//
// A decoder-only transformer of pre-norm blocks. A block is
//
//	x += Attention(Norm(x))
//	x += FFN(Norm(x))
//
// with one of two kinds of attention (grouped-query, or multi-head latent as in
// DeepSeek-V2, arXiv 2405.04434) and one of two kinds of FFN: a dense gated FFN
// in the first dense_layers blocks, and in all others a router, routed experts
// of which each token visits top_k, and shared experts which every token visits.
// Dense FFN and experts are gated: gate and up projection, an element-wise
// product, down projection. Norms are RMSNorms, one scale per channel.
//
// The counts cover every trained tensor of the published checkpoints, so that
// totals come out exact to the parameter.
//
// # Not modelled
//
//   - multi-token-prediction modules (DeepSeek-V3's 14 B module is left out, as
//     in its published 671 B);
//   - sliding-window attention: gpt-oss limits every other layer to 128 keys,
//     here each layer is causal over the whole sequence;
//   - group-limited routing (DeepSeek-V3): which experts a token may pick is the
//     business of the routing trace;
//   - quantised storage: every element takes element_bytes;
//   - the FLOPs of element-wise work (norms, softmax, rotary embedding, gating,
//     bias and residual additions): FLOPs here are those of matrix products.
//
// # Laws the tests hold
//
//   - Params equals the sum over an independently written list of tensors, for
//     the published models and for random ones;
//   - Params of the published models equals the published number of parameters;
//   - Params − ActiveParams is exactly the routed experts a token doesn't visit;
//   - every count of a valid Spec is positive and fits an int64.
package model
