package op

// ExpertID is the index of a routed expert within its layer; shared experts
// follow the routed ones.
type ExpertID int32

// LayerID is the index of a transformer block.
type LayerID int32

// TokenID is the index of a token within its micro-batch.
type TokenID int32

// None marks an op that belongs to no layer, micro-batch, expert or table.
const None = -1

// Op is one unit of work of one device. Fields that a Kind does not use are 0.
type Op struct {
	Kind  Kind
	Phase Phase
	// Label names the work within its phase: "qkv", "score", "gate-up", ...
	Label Label
	// MicroBatch and Expert are None where they do not apply, Layer as well.
	MicroBatch int16
	Layer      LayerID
	Expert     ExpertID

	// M, K, N and Count are the shape of a Gemm: Count products of M x K by K x N.
	// N is 0 for other kinds; a Vector has M elements, K operations on each.
	M, K, N, Count int64
	// Bytes is what a Load, Store or Send moves, or what a Vector streams
	// between SRAM and the lanes. For a Gemm it follows from the mapping.
	Bytes int64
	// Tokens is the number of packets a Receive waits for, or a Send sends.
	Tokens int64

	// Class separates weights from activations on the NoP (Load, Store).
	Class DataClass
	// Priority orders Loads at a stack: the lowest first.
	Priority int32
	// Table is the index of the token table of a Send or a Receive.
	Table int32
	// Peers are the ops of other devices that a Send or Signal reaches; see
	// Device.PeersOf. Signals is the number of signals an Await waits for.
	peers, deps span
	Signals     int32

	// Allocate and Release are the SRAM bytes that become occupied when the op
	// starts and free when it ends.
	Allocate, Release int64
}

// DataClass is the traffic class of a Load or Store.
type DataClass uint8

// The data classes.
const (
	Weights DataClass = iota
	Activations
)

// FLOPs is the number of floating-point operations: 2 M K N Count of a Gemm,
// elements times operations of a Vector, else 0.
func (o *Op) FLOPs() int64 {
	switch o.Kind {
	case Gemm:
		return 2 * o.M * o.K * o.N * o.Count
	case Vector:
		return o.M * o.K
	default:
		return 0
	}
}

// Label is the index of an op's name in Labels.
type Label uint8

type span struct{ off, len int32 }

// Peer is an op of another device.
type Peer struct {
	Device int32
	Op     int32
}

// Device is the program of one chiplet.
type Device struct {
	// Chiplet is the index among expert chiplets, or Attention.
	Chiplet int
	Ops     []Op

	deps  []int32
	peers []Peer
}

// Attention is the Chiplet of the attention chiplet's device.
const Attention = -1

// Deps returns the ops that op i waits for, all with smaller indices. The slice
// is shared.
func (d *Device) Deps(i int) []int32 {
	s := d.Ops[i].deps
	return d.deps[s.off : s.off+s.len]
}

// Peers returns the ops that the Send or Signal i reaches. For a dispatch it is
// indexed by expert chiplet, and a chiplet that gets no token has Op None. The
// slice is shared.
func (d *Device) Peers(i int) []Peer {
	s := d.Ops[i].peers
	return d.peers[s.off : s.off+s.len]
}

// Copy says that one expert chiplet has work for one token.
type Copy struct {
	Token TokenID
	// Chiplet is the destination's index among expert chiplets.
	Chiplet uint16
	// Contributions is how many experts of the chiplet the token chose.
	Contributions uint8
	// FanIn is how many chiplets of the destination's group have experts of
	// this token: what the group's switch waits for when it aggregates.
	FanIn uint8
}

// Table says where the tokens of one layer and micro-batch go, in both
// directions of both passes.
type Table struct {
	Layer      LayerID
	MicroBatch int16
	// Tokens is the number of tokens of the micro-batch.
	Tokens int
	// PerToken is how many expert outputs each token sums: top-k, plus the
	// shared experts that live on expert chiplets.
	PerToken int
	// Copies are sorted by token, then chiplet.
	Copies []Copy
	// Assignments[c] is the number of (token, expert) pairs on chiplet c,
	// Copied[c] the number of Copies with that chiplet.
	Assignments, Copied []int32
}

// Packets is the number of packets that chiplet c gets in a dispatch.
func (t *Table) Packets(c int, d Dispatch) int64 {
	if d == DispatchPerExpert {
		return int64(t.Assignments[c])
	}
	return int64(t.Copied[c])
}

// Results is the number of packets that chiplet c sends in a combine.
func (t *Table) Results(c int, m Combine) int64 {
	if m == CombineAtRoot {
		return int64(t.Assignments[c])
	}
	return int64(t.Copied[c])
}

// Program is one training step.
type Program struct {
	// Model and Policy are names for reports.
	Model, Policy string
	// Devices has the attention chiplet first, then the expert chiplets in order.
	Devices []Device
	Tables  []Table
	Labels  *Labels
	// Dispatch says how many packets carry a token down.
	Dispatch Dispatch
	// Combine says where expert outputs of one token are added.
	Combine Combine
	// TokenBytes is the size of one token's vector on the wires.
	TokenBytes int64
	// TokensPerStep is the number of tokens that one step trains on.
	TokensPerStep int64
	// SRAMNeed is the most SRAM that each device's data occupies at once, bytes.
	SRAMNeed []int64
	// StackNeed lists what has to live in the stacks.
	StackNeed StackNeed
}

// Dispatch is the number of packets that carry one token down (paper section
// 4.2).
type Dispatch uint8

// The dispatch modes.
const (
	DispatchPerExpert  Dispatch = iota // one packet per chosen expert: C_T = top-k
	DispatchPerChiplet                 // one packet per chiplet that has a chosen expert
	DispatchPerGroup                   // one packet per link of the attention chiplet, multiplied by switches
)

// Combine is the place of aggregation on the way up (paper section 4.2).
type Combine uint8

// The places, from none to both.
const (
	CombineAtRoot    Combine = iota // one packet per (token, expert), summed at the attention chiplet
	CombineInChiplet                // one packet per (token, chiplet)
	CombineInSwitch                 // one packet per (token, link of the attention chiplet)
)

// StackNeed is the memory that a step needs: bytes on the attention chiplet's
// stacks together and on each group's stacks together.
type StackNeed struct {
	Attention Need   `json:"attention"`
	Groups    []Need `json:"groups"`
}

// Need is what one set of stacks has to hold.
type Need struct {
	Weights     int64 `json:"weights"`
	Gradients   int64 `json:"gradients"`
	Activations int64 `json:"activations"`
}

// Total is the sum of the parts.
func (n Need) Total() int64 { return n.Weights + n.Gradients + n.Activations }
