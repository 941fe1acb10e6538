package config

import (
	"mozart/components/chiplet"
	"mozart/components/hbm"
	"mozart/configs/units"
	"mozart/interconnect/collective"
	"mozart/interconnect/topology"
	"mozart/interconnect/wire"
	"mozart/runner/config/strict"
	"mozart/runner/energy"
	"mozart/runner/floorplan"
	"mozart/workloads/model"
	"mozart/workloads/placement"
	"mozart/workloads/routing"
	"mozart/workloads/schedule"
)

// Experiment is one run: hardware, model, workload, policy.
type Experiment struct {
	Name   string `yaml:"name" doc:"Name of the experiment: letters, digits, '.', '_' and '-'."`
	Seed   uint64 `yaml:"seed" doc:"Seed of everything random: routing, random placement."`
	Policy string `yaml:"policy" doc:"Name of the policy, whose preset fills placement and schedule; custom has no preset, and stands for one from a file."`

	Fidelity Fidelity `yaml:"fidelity" doc:"Level of detail of each kind of part."`

	Model     model.Spec        `yaml:"model" doc:"The model; the name of one of configs/models, or its keys."`
	Workload  schedule.Workload `yaml:"workload" doc:"What one training step trains on."`
	Routing   Routing           `yaml:"routing" doc:"Which experts each token chooses."`
	Placement Placement         `yaml:"placement" doc:"Which chiplet each expert lives on."`
	Schedule  schedule.Spec     `yaml:"schedule" doc:"The policy, and every choice that the paper leaves open."`
	Hardware  Hardware          `yaml:"hardware" doc:"The package; the name of one of configs/hardware, or its keys."`

	AllowOverflow bool `yaml:"allow_overflow" doc:"Run although weights and saved activations exceed the stacks." source:"[D] the paper's Qwen3 and DeepSeek-MoE settings do"`

	// Origins knows where each value was written.
	Origins *strict.Tree `yaml:"-"`
}

// Fidelity is the level of detail of each kind of part.
type Fidelity struct {
	NoP     string `yaml:"nop" enum:"packet,flit" doc:"packet: virtual cut-through, one event per head and closed-form serialisation; flit: wormhole routers with virtual channels and allocators, cycle by cycle." source:"[A] a token's trip is one packet, not its flits"`
	HBM     string `yaml:"hbm" enum:"stream,bank" doc:"stream: bandwidth, latency and efficiency by access length and mix; bank: every command of every DRAM bank." source:"[A] weights and activations move in long accesses"`
	Compute string `yaml:"compute" enum:"closed-form,tile" doc:"closed-form: cycles of each GEMM from its shape and mapping, its operands as one access to SRAM; tile: fold by fold, the operands of a fold move while the arrays work on the one before. SRAM contention is emulated in both." source:"[A] arrays are regular: a fold takes a known number of cycles"`
}

// Routing says where expert choices come from.
type Routing struct {
	Source        string                `yaml:"source" enum:"tables,synthetic,trace" doc:"tables: sampled from recorded counts per vocabulary id; synthetic: generated; trace: recorded per token." source:"[A] the paper's traces are not public"`
	Tables        string                `yaml:"tables" doc:"Built-in routing tables, or the path of packed ones, from the working directory."`
	Trace         string                `yaml:"trace" doc:"Path of a routing trace (docs/routing-format.md), from the working directory."`
	Synthetic     routing.SyntheticSpec `yaml:"synthetic" doc:"The generator; the name of a preset, or its keys."`
	ProfileTokens int                   `yaml:"profile_tokens" min:"1" max:"16777216" doc:"Tokens that the placement is fitted on; never tokens of the run." source:"[P] 4.1: a profiling run of the pre-trained model; [A] its length"`
}

// Placement is the placement policy.
type Placement struct {
	Policy      string  `yaml:"policy" enum:"contiguous,round-robin,random,algorithm1,algorithm1-swaps,greedy-balanced,annealed" doc:"How experts are clustered, one cluster per chiplet (docs/placement.md)." source:"[P] 4.2, Algorithm 1; [D] the other policies' layout is random"`
	Allocation  string  `yaml:"allocation" enum:"contiguous,balanced,exact" doc:"How clusters are allocated to switch groups: not at all; by a search of a second at most; by one of several seconds, with the gap to a proven bound." source:"[P] Eq. 5"`
	LoadWeight  float64 `yaml:"load_weight" min:"0" max:"1000" doc:"annealed: copies per token that one mean load of excess on the heaviest chiplet is worth." source:"[A] balance that costs few copies"`
	AnnealSteps int     `yaml:"anneal_steps" min:"0" max:"100000" doc:"annealed: moves tried per expert and layer." source:"[A] four times as many lower C_T by 0.5% at most"`
}

// Options are the settings of the policies that have any.
func (p Placement) Options() placement.Options {
	return placement.Options{LoadWeight: p.LoadWeight, AnnealSteps: p.AnnealSteps}
}

// Hardware is the package.
type Hardware struct {
	Clock    units.Frequency `yaml:"clock" min:"1 MHz" max:"1 THz" doc:"The one clock of the package; a cycle is the unit of emulated time." source:"[P] 1 GHz"`
	Topology Topology        `yaml:"topology" doc:"The network-on-package."`
	Links    Links           `yaml:"links" doc:"2.5D links, both directions alike."`
	Switch   Switch          `yaml:"switch" doc:"The NoP switches."`
	Flit     Flit            `yaml:"flit" doc:"Routers and network interfaces at flit fidelity (fidelity.nop: flit)."`
	Chunk    units.Bytes     `yaml:"chunk" min:"64 B" max:"64 MiB" doc:"Size of the packets that weights and activations move in." source:"[A] changes the step by under 1% at the default link widths"`
	Buffer   units.Bytes     `yaml:"buffer" min:"64 B" max:"1 GiB" doc:"Input buffer per port and traffic class; holds at least one chunk and one token." source:"[A] four chunks"`

	AttentionChiplet chiplet.Spec `yaml:"attention_chiplet" doc:"The attention chiplet."`
	ExpertChiplet    chiplet.Spec `yaml:"expert_chiplet" doc:"The expert chiplets, all alike."`
	AttentionStack   hbm.Spec     `yaml:"attention_stack" doc:"The attention chiplet's stacks; a preset's name, or its keys."`
	GroupStack       hbm.Spec     `yaml:"group_stack" doc:"The switch groups' stacks; a preset's name, or its keys."`

	Energy energy.Spec    `yaml:"energy" doc:"What each event of a run costs, and what dies draw all the time. It has no effect on time."`
	Area   floorplan.Spec `yaml:"area" doc:"How large dies are. It has no effect on time."`

	Thermal floorplan.Thermal `yaml:"thermal" doc:"What a thermal simulation of the package has to know besides (docs/energy.md)."`
}

// Topology is the kind of network and the number of its nodes.
type Topology struct {
	Kind string `yaml:"kind" enum:"nop-tree,mesh,torus,ring,crossbar,file" doc:"nop-tree: switches below the attention chiplet; mesh, torus, ring, crossbar: routers, with the attention chiplet at the middle one and the chiplets and stacks of a group at neighbors; file: what a file says." source:"[P] the NoP-Tree"`
	// Levels may be empty.
	Groups           int    `yaml:"groups" min:"1" max:"1024" doc:"Groups of expert chiplets, in a tree with a switch each; with levels, switches at the attention chiplet." source:"[P] 4"`
	Levels           []int  `yaml:"levels" min:"1" max:"62" doc:"Levels of switches of a tree between those at the attention chiplet and the groups: switches below each one of the level above, from the top. The last level's have the groups." source:"[P] none: groups are at the attention chiplet"`
	ChipletsPerGroup int    `yaml:"chiplets_per_group" min:"1" max:"1024" doc:"Expert chiplets of each group." source:"[P] 4"`
	StacksPerGroup   int    `yaml:"stacks_per_group" min:"1" max:"8" doc:"Stacks of each group." source:"[P] 1"`
	AttentionStacks  int    `yaml:"attention_stacks" min:"1" max:"8" doc:"Stacks at the attention chiplet." source:"[P] 2"`
	Width            int    `yaml:"width" min:"0" max:"1024" doc:"Routers per row of a mesh or torus, or of a ring; 0 is one per expert chiplet, in a grid as square as can be." source:"[A] a router for each chiplet"`
	Height           int    `yaml:"height" min:"0" max:"1024" doc:"Rows of a mesh or torus; 0 is as many as the chiplets fill." source:"[A] a router for each chiplet"`
	File             string `yaml:"file" doc:"Path of a list of nodes and edges (docs/topologies.md), from the working directory. It counts groups, chiplets and stacks, whatever the keys above say." source:"[P] none: the NoP-Tree"`
}

// Links are the kinds of 2.5D links.
type Links struct {
	WireRate       units.Bandwidth `yaml:"wire_rate" min:"1 b/s" max:"1 TB/s" doc:"Rate of one wire." source:"[P] 0.125 GB/s per wire"`
	Root           Link            `yaml:"root" doc:"Attention chiplet to switch or router."`
	Levels         []Link          `yaml:"levels" doc:"Switch to switch of a tree, from the top; a level that is not written is as root." source:"[A] the links at the attention chiplet are the narrowest"`
	Router         Link            `yaml:"router" doc:"Router to router, of networks that are no trees."`
	Leaf           Link            `yaml:"leaf" doc:"Switch or router to expert chiplet."`
	Stack          Link            `yaml:"stack" doc:"Switch or router to stack."`
	AttentionStack Link            `yaml:"attention_stack" doc:"Attention chiplet to stack."`
	TokensAhead    int             `yaml:"tokens_ahead" min:"0" max:"64" doc:"Tokens that a link may have been given and not sent, for it to be given another packet, no longer than these, before its wires are free: the depth of a queue behind its arbiter, at packet fidelity. 0 arbitrates packet by packet." source:"[A] two: a tenth fewer events; the built-in steps stay the same to the cycle"`
	ClassWeights   ClassWeights    `yaml:"class_weights" doc:"Share of each traffic class in what a link carries while several have something to send: in bytes at packet fidelity, in flits at flit fidelity."`
}

// ClassWeights are the shares of the traffic classes in a link.
type ClassWeights struct {
	Control    int `yaml:"control" min:"1" max:"256" doc:"Requests, acknowledgements and signals." source:"[A] equal shares"`
	Token      int `yaml:"token" min:"1" max:"256" doc:"Tokens of dispatch and combine." source:"[A] equal shares"`
	Weight     int `yaml:"weight" min:"1" max:"256" doc:"Weights and their gradients." source:"[A] equal shares"`
	Activation int `yaml:"activation" min:"1" max:"256" doc:"Saved activations." source:"[A] equal shares"`
}

// ByClass lists the weights in the order of the classes.
func (w ClassWeights) ByClass() [wire.NumClasses]int {
	return [wire.NumClasses]int{
		wire.ClassControl: w.Control, wire.ClassToken: w.Token, wire.ClassWeight: w.Weight, wire.ClassActivation: w.Activation,
	}
}

// Link is one kind of link.
type Link struct {
	Wires   int            `yaml:"wires" min:"1" max:"1000000" doc:"Wires per direction." source:"[D] root 29: 0.444 s per unit of C_T; others: 22 mm of edge at 20 wires per mm"`
	Latency units.Duration `yaml:"latency" min:"1 ps" max:"1 ms" doc:"Time of flight." source:"[A] 5 ns across an interposer, drivers included"`
}

// SetDefaults makes a link that has nothing but wires to be chosen.
func (l *Link) SetDefaults() { l.Latency = 5 * units.Nanosecond }

// Switch is the NoP switch.
type Switch struct {
	Latency     units.Duration `yaml:"latency" min:"1 ps" max:"1 ms" doc:"Head's arrival to output queue." source:"[A] a four-stage router pipeline at 1 GHz"`
	OutputQueue int            `yaml:"output_queue" min:"1" max:"1024" doc:"Packets per output port and traffic class." source:"[A] two keep a link busy"`
	Reduction   Reduction      `yaml:"reduction" doc:"In-network aggregation."`
}

// Reduction sizes the in-network aggregation of a switch.
type Reduction struct {
	Entries    int             `yaml:"entries" min:"1" max:"16777216" doc:"Tokens whose partial sums a switch holds at one time." source:"[A] a micro-batch of the paper's step, so that no sum leaves early: 8 MiB of vectors of 2048 FP16"`
	Adder      units.Bandwidth `yaml:"adder" min:"1 b/s" doc:"Rate at which contributions are added." source:"[A] 128 B per cycle at 1 GHz"`
	AddLatency units.Duration  `yaml:"add_latency" max:"1 ms" doc:"Pipeline of the adder." source:"[A] 4 stages"`
	WhenFull   string          `yaml:"when_full" enum:"stall,evict" doc:"stall: a new token waits for an entry, which deadlocks if chiplets send their tokens far apart; evict: the oldest partial sum goes up to make room." source:"[A] the paper does not say"`
}

// Default is what no layer has to write. Shapes and counts that have no default
// are zero and must come from a layer.
func Default() Experiment {
	var link Link
	link.SetDefaults()
	router := link
	router.Wires = 440
	return Experiment{
		Seed:      1,
		Policy:    "custom",
		Fidelity:  Fidelity{NoP: "packet", HBM: "stream", Compute: "closed-form"},
		Model:     model.DefaultSpec(),
		Workload:  schedule.DefaultWorkload(),
		Routing:   Routing{Source: "synthetic", Synthetic: routing.SyntheticSpec{Topics: 1}, ProfileTokens: 8192},
		Placement: Placement{Policy: "random", Allocation: "contiguous", LoadWeight: placement.DefaultLoadWeight, AnnealSteps: placement.DefaultAnnealSteps},
		Schedule:  schedule.DefaultSpec(),
		Hardware: Hardware{
			Clock:    units.GHz,
			Topology: Topology{Kind: topology.NetworkNoPTree, Levels: []int{}},
			Links: Links{
				WireRate: 125 * units.MBPerSecond, Root: link, Levels: []Link{}, Router: router, Leaf: link, Stack: link, AttentionStack: link,
				TokensAhead: 2, ClassWeights: ClassWeights{Control: 1, Token: 1, Weight: 1, Activation: 1},
			},
			Switch: Switch{
				Latency: 4 * units.Nanosecond, OutputQueue: 2,
				Reduction: Reduction{Entries: 2048, Adder: 128 * units.GBPerSecond, AddLatency: 4 * units.Nanosecond, WhenFull: collective.FullEvict},
			},
			Flit:  defaultFlit(),
			Chunk: 64 * units.KiB, Buffer: 256 * units.KiB,
			AttentionChiplet: chiplet.DefaultSpec(), ExpertChiplet: chiplet.DefaultSpec(),
			AttentionStack: hbm.HBM2(), GroupStack: hbm.HBM2(),
			Energy: energy.DefaultSpec(), Area: floorplan.DefaultSpec(), Thermal: floorplan.DefaultThermal(),
		},
	}
}
