package schedule

import (
	"fmt"

	"mozart/configs/units"
	"mozart/workloads/model"
	"mozart/workloads/op"
)

// Workload is what one training step trains on.
type Workload struct {
	Sequences      int `yaml:"sequences" min:"1" max:"65536" doc:"Sequences per training step." source:"[P] section 5: 32"`
	SequenceLength int `yaml:"sequence_length" min:"1" max:"131072" doc:"Tokens per sequence." source:"[P] section 5: 256 unless said"`
	MicroBatches   int `yaml:"micro_batches" min:"1" max:"1024" doc:"Micro-batches per step, processed one after another." source:"[P] section 5: 4 of 8 sequences"`
}

// DefaultWorkload is the paper's step.
func DefaultWorkload() Workload {
	return Workload{Sequences: 32, SequenceLength: 256, MicroBatches: 4}
}

// Tokens is the number of tokens of a step.
func (w Workload) Tokens() int { return w.Sequences * w.SequenceLength }

// Overlap says which transfers between stacks and chiplets go on during
// computation (paper section 4.3).
type Overlap struct {
	WeightsWithAttention bool `yaml:"weights_with_attention" doc:"Expert weights load while the attention chiplet computes, and the attention chiplet's own weights load while experts compute." source:"[P] 4.3, hot clusters"`
	WeightsWithExperts   bool `yaml:"weights_with_experts" doc:"An expert computes as soon as its own weights are there, while other weights still load; false makes the dispatch wait for all of the block's weights." source:"[P] 4.3, cold clusters"`
	Activations          bool `yaml:"activations" doc:"Activations are saved and restored during computation; false makes the step wait for each transfer." source:"[P] 4.3"`
	WriteBack            bool `yaml:"write_back" doc:"Updated weights are written back while the next block computes; false makes the step wait for them." source:"[P] 4.3"`
}

// Spec is the policy and every choice that the paper leaves open.
type Spec struct {
	Overlap        Overlap     `yaml:"overlap" doc:"What goes on at the same time."`
	Dispatch       string      `yaml:"dispatch" enum:"per-expert,per-chiplet,per-group" doc:"Packets that carry one token down: one per chosen expert, per chiplet with a chosen expert, or per link of the attention chiplet (multiplied by the switches on the way; beyond the paper)." source:"[P] 4.2"`
	Combine        string      `yaml:"combine" enum:"root,chiplet,switch" doc:"Where a token's expert outputs are added on the way up: only at the attention chiplet, first in the expert chiplet, or also in the switches of a tree." source:"[D] a reading of the all-to-all that fits Table A"`
	AllToAll       string      `yaml:"all_to_all" enum:"synchronous,free" doc:"synchronous: experts compute when every chiplet has its tokens, and results travel when every chiplet has computed; free: each chiplet goes ahead on its own." source:"[P] the all-to-all is synchronous and is not overlapped with computation"`
	LoadOrder      string      `yaml:"load_order" enum:"arrival,heaviest-first" doc:"Order in which a group's stack serves its chiplets' weights." source:"[P] 4.3: clusters in order of aggregated V"`
	AttentionPiece int         `yaml:"attention_pieces" min:"1" max:"1024" doc:"Pieces (whole sequences) in which a micro-batch streams through attention." source:"[A] a reading of section 5, streaming in pieces of 8: eight pieces per micro-batch"`
	AttentionMask  string      `yaml:"attention_mask" enum:"causal,none" doc:"causal: a token attends to itself and those before, which is half of the scores; none: to all of its sequence." source:"[A] the models are decoders"`
	AttentionTile  int         `yaml:"attention_tile" min:"0" max:"131072" doc:"Tokens on a side of the square tiles in which scores are computed, with a softmax that scales what came before it; under a causal mask tiles above the diagonal are left out, and those on it are computed whole. 0: sequences in one piece, and none of the masked scores." source:"[A] 0: the products are cut into folds anyway"`
	Recompute      bool        `yaml:"attention_recompute" doc:"The backward pass computes scores and softmax again; false saves the probabilities to the stacks and restores them." source:"[A] saved probabilities grow with the square of the sequence"`
	SharedExperts  string      `yaml:"shared_experts" enum:"attention,expert-chiplets" doc:"Where shared experts run. On expert chiplets each has one home and every token travels there." source:"[A] the paper does not say"`
	Embedding      string      `yaml:"embedding" enum:"attention,none" doc:"Where token embeddings are looked up and updated; none leaves them out of the step." source:"[A] the paper does not say"`
	LMHead         string      `yaml:"lm_head" enum:"attention,none" doc:"Where the LM head, the loss and their gradients run; none leaves them out of the step." source:"[A] the paper does not say"`
	WeightSlice    units.Bytes `yaml:"weight_slice" doc:"LM head and dense FFN are swept through the attention chiplet in slices of at most this size, the next one loading while one computes." source:"[A] leaves room for gradients and activations in 100 tiles' SRAM"`
	Optimizer      string      `yaml:"optimizer" enum:"sgd" doc:"Parameter update: SGD reads and writes each parameter once." source:"[A] the paper does not say"`
	Gradients      string      `yaml:"gradients" enum:"sram,dram" doc:"Where weight gradients wait for the update: in SRAM until the block's last micro-batch, or in the stacks until a pass of its own at the end of the step. LM head and dense FFN are always updated slice by slice." source:"[A] the paper does not say"`
	AuxLoss        bool        `yaml:"aux_loss" doc:"The router's load-balancing loss and its gradient." source:"[A] usual in MoE training"`
	VectorOps      VectorOps   `yaml:"vector_ops" doc:"Operations of the vector unit per element; each takes a lane vector_cycles_per_op cycles."`
}

// DefaultSpec is Mozart-C.
func DefaultSpec() Spec {
	return Spec{
		Overlap:  Overlap{WeightsWithAttention: true, WeightsWithExperts: true, Activations: true, WriteBack: true},
		Dispatch: "per-chiplet", Combine: "switch", AllToAll: "synchronous", LoadOrder: "heaviest-first",
		AttentionPiece: 8, AttentionMask: "causal", Recompute: true, SharedExperts: "attention", Embedding: "attention", LMHead: "attention",
		WeightSlice: 32 << 20, Optimizer: "sgd", Gradients: "sram", AuxLoss: true,
		VectorOps: DefaultVectorOps(),
	}
}

// Machine is what a program has to know of the hardware.
type Machine struct {
	// Chiplets is the number of expert chiplets. Each of the Groups is as many of them
	// in a row, with stacks of their own and, in a tree, with a switch.
	Chiplets, Groups int
	// Trunks[c] is the link of the attention chiplet on the way to chiplet c; nil is one
	// link per group.
	Trunks []int
}

// trunk is the link of the attention chiplet on the way to a chiplet.
func (m Machine) trunk(chiplet int) int {
	if m.Trunks == nil {
		return chiplet / (m.Chiplets / m.Groups)
	}
	return m.Trunks[chiplet]
}

// Input is everything a program is made from.
type Input struct {
	Model    model.Spec
	Workload Workload
	Policy   Spec
	Machine  Machine
	// Choices[l] are the top-k expert ids of each token of the step in MoE layer
	// l (dense layers not counted), token-major.
	Choices [][]uint16
	// ExpertToChiplet[l][e] is the placement of MoE layer l.
	ExpertToChiplet [][]int
	// LoadRank[l][c] is the place of chiplet c in its group's load order.
	LoadRank [][]int
}

func (in *Input) validate() error {
	w, m := in.Workload, in.Model
	moe := m.Layers - m.DenseLayers
	switch {
	case w.Sequences%w.MicroBatches != 0:
		return fmt.Errorf("schedule: %d sequences do not divide into %d micro-batches", w.Sequences, w.MicroBatches)
	case in.Machine.Chiplets%in.Machine.Groups != 0:
		return fmt.Errorf("schedule: %d chiplets do not divide into %d groups", in.Machine.Chiplets, in.Machine.Groups)
	case in.Machine.Trunks != nil && len(in.Machine.Trunks) != in.Machine.Chiplets:
		return fmt.Errorf("schedule: the way to %d chiplets is known, want %d", len(in.Machine.Trunks), in.Machine.Chiplets)
	case len(in.Choices) != moe || len(in.ExpertToChiplet) != moe || len(in.LoadRank) != moe:
		return fmt.Errorf("schedule: routing of %d layers, placement of %d and load order of %d, the model has %d MoE layers", len(in.Choices), len(in.ExpertToChiplet), len(in.LoadRank), moe)
	}
	for l, ids := range in.Choices {
		if len(ids) != w.Tokens()*m.TopK {
			return fmt.Errorf("schedule: MoE layer %d has %d choices, want %d tokens x top-%d", l, len(ids), w.Tokens(), m.TopK)
		}
		for i, e := range ids {
			if int(e) >= m.Experts {
				return fmt.Errorf("schedule: token %d of MoE layer %d chooses expert %d of %d", i/m.TopK, l, e, m.Experts)
			}
		}
		if len(in.ExpertToChiplet[l]) != m.Experts || len(in.LoadRank[l]) != in.Machine.Chiplets {
			return fmt.Errorf("schedule: MoE layer %d places %d experts and orders %d chiplets, want %d and %d", l, len(in.ExpertToChiplet[l]), len(in.LoadRank[l]), m.Experts, in.Machine.Chiplets)
		}
		for _, c := range in.ExpertToChiplet[l] {
			if c < 0 || c >= in.Machine.Chiplets {
				return fmt.Errorf("schedule: MoE layer %d places an expert on chiplet %d of %d", l, c, in.Machine.Chiplets)
			}
		}
	}
	return nil
}

func (s Spec) dispatch() op.Dispatch {
	switch s.Dispatch {
	case "per-expert":
		return op.DispatchPerExpert
	case "per-group":
		return op.DispatchPerGroup
	default:
		return op.DispatchPerChiplet
	}
}

func (s Spec) combine() op.Combine {
	switch s.Combine {
	case "root":
		return op.CombineAtRoot
	case "chiplet":
		return op.CombineInChiplet
	default:
		return op.CombineInSwitch
	}
}
