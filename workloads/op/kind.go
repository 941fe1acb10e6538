package op

import "slices"

// Kind is what an op does and thereby which resource of a chiplet it occupies.
type Kind uint8

// The kinds of ops.
const (
	Gemm    Kind = iota // matrix multiplication on the systolic arrays
	Vector              // element-wise work on the vector unit
	Load                // read Bytes from the device's stacks into its SRAM
	Store               // write Bytes from SRAM to the device's stacks
	Send                // send the tokens of Table: dispatch (attention) or combine (expert)
	Receive             // wait for the tokens of Table
	Signal              // tell Peers that this point is reached
	Await               // wait for Signals signals
)

var kindNames = [...]string{"gemm", "vector", "load", "store", "send", "receive", "signal", "await"}

// String returns the name used in ops.parquet.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// ParseKind is the inverse of Kind.String.
func ParseKind(s string) (Kind, bool) {
	i := slices.Index(kindNames[:], s)
	return Kind(i), i >= 0
}

// Phase is the part of the step that an op belongs to.
type Phase uint8

// The phases, in the order in which a step first reaches them.
const (
	ForwardEmbedding  Phase = iota // token embeddings
	ForwardWeights                 // weights from the stacks to the chiplets
	ForwardAttention               // attention, norms, router, dense FFN, shared experts at the root
	ForwardDispatch                // all-to-all down
	ForwardExpert                  // expert FFNs
	ForwardCombine                 // all-to-all up
	ForwardSave                    // activations saved for the backward pass
	ForwardHead                    // LM head and loss
	BackwardHead                   // LM head gradients
	BackwardWeights                // weights again
	BackwardRestore                // saved activations back
	BackwardDispatch               // gradients of the expert outputs, down
	BackwardExpert                 // dgrad and wgrad of the experts
	BackwardCombine                // gradients of the expert inputs, up
	BackwardAttention              // dgrad and wgrad of attention, norms, router
	BackwardEmbedding              // embedding gradients
	Update                         // optimizer arithmetic
	UpdateMemory                   // optimizer traffic: gradients, updated weights
	NumPhases
)

var phaseNames = [NumPhases]string{
	"forward.embedding", "forward.weights", "forward.attention", "forward.dispatch",
	"forward.expert", "forward.combine", "forward.save", "forward.head",
	"backward.head", "backward.weights", "backward.restore", "backward.dispatch",
	"backward.expert", "backward.combine", "backward.attention", "backward.embedding",
	"update.compute", "update.memory",
}

// String returns the name used in summary.json and ops.parquet.
func (p Phase) String() string {
	if p < NumPhases {
		return phaseNames[p]
	}
	return "unknown"
}

// ParsePhase is the inverse of Phase.String.
func ParsePhase(s string) (Phase, bool) {
	i := slices.Index(phaseNames[:], s)
	return Phase(i), i >= 0
}

// Activity is the kind of work that a phase does; a moment of the step in which
// several go on at once is charged to the first of them in this order.
type Activity uint8

// The activities, by precedence.
const (
	Compute  Activity = iota // arithmetic on any chiplet
	AllToAll                 // tokens on the NoP
	Memory                   // traffic with the stacks
)

// Activity returns what the phase does.
func (p Phase) Activity() Activity {
	switch p {
	case ForwardDispatch, ForwardCombine, BackwardDispatch, BackwardCombine:
		return AllToAll
	case ForwardWeights, ForwardSave, BackwardWeights, BackwardRestore, UpdateMemory:
		return Memory
	default:
		return Compute
	}
}
