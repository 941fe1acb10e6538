package wire

import "github.com/sarchlab/akita/v4/sim"

// NodeID is the dense index of a node (chiplet, switch or stack) in the
// topology, starting at 0.
type NodeID int32

// Class is a traffic class. Every class has a virtual channel (VC) of its own
// on every link, so that a blocked class never stops another one: requests
// never wait behind the data that answers them, and tokens never wait behind
// weights that have no room.
type Class uint8

// The traffic classes, in the order of their virtual channels.
const (
	ClassControl    Class = iota // read requests, write acknowledgements, signals
	ClassToken                   // dispatch and combine of the all-to-all
	ClassWeight                  // weights, weight gradients, updated weights
	ClassActivation              // activations saved for and read by the backward pass
	NumClasses                   // number of classes, not a class
)

var classNames = [NumClasses]string{"control", "token", "weight", "activation"}

// String returns the name used in reports and in links.parquet.
func (c Class) String() string {
	if c < NumClasses {
		return classNames[c]
	}
	return "unknown"
}

// Kind says what a packet asks of the node that receives it.
type Kind uint8

// The kinds of packets.
const (
	KindDispatch  Kind = iota // a token's vector on its way down to expert chiplets
	KindCombine               // a sum of expert outputs of one token on its way up
	KindReadReq               // asks a stack for Amount bytes in chunks
	KindReadData              // one chunk that answers a KindReadReq
	KindWriteData             // one chunk to be written to a stack
	KindWriteAck              // the chunk marked Last of a write has been written
	KindSignal                // one sequencer tells another that an op is done
)

var kindNames = [...]string{"dispatch", "combine", "read-req", "read-data", "write-data", "write-ack", "signal"}

// String returns the name used in reports.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

const (
	// MaxBranches bounds the destinations of a multicast.
	MaxBranches = 16
	// MaxTreeLevels bounds the levels of switches that add on the way up.
	MaxTreeLevels = 1 + len(Packet{}.UpperFanIn)
)

// Packet is one message on the NoP. At packet fidelity it is the unit that
// links serialise and routers buffer. Packets are pooled: whoever takes one out
// of its last port returns it with Pool.Put. A packet fills one cache line of 64
// bytes; what only a few of them carry is in a Side.
type Packet struct {
	Kind  Kind
	Class Class
	// Reduce asks every switch on the way up to add this contribution to the
	// others of the same Token (in-network aggregation, paper section 4.2).
	Reduce bool
	// Last marks the final chunk of a write.
	Last bool

	Source, Dest NodeID
	// Bytes is the size on the wires: the payload, since headers are not modelled.
	Bytes int32
	// Op is the op of the destination's program that the packet belongs to;
	// in a read request or a write it is the op of the source, echoed in the
	// answer.
	Op int32
	// Token is the index of the token within its micro-batch (dispatch, combine).
	Token int32
	// FanIn is the number of packets for the token that the next switch on the way
	// up waits for: one for each of its chiplets, or of the switches below it, that
	// has something to add. The dispatch packet brings it down and the combine packet
	// takes it back up, so that a switch needs no knowledge of the routing.
	FanIn uint16
	// Contributions is the number of expert outputs that the vector holds (up)
	// or asks for (down).
	Contributions uint16
	// UpperFanIn is the FanIn at the switches further up, nearest first; 0 above the
	// last one.
	UpperFanIn [3]uint8
	// Lane is the resource class of the virtual channel that the packet travels on:
	// 0 but for routes that need several to be free of deadlock.
	Lane uint8
	// SentCycle is the cycle at which the packet's source gave it to its port.
	SentCycle int64
	// HeadCycle is the cycle at which the packet's first bits are at the node
	// that now holds it.
	HeadCycle int64
	// TailCycle is the cycle at which the packet's last bit is at the node that
	// now holds it. With virtual cut-through a router may see the head earlier.
	TailCycle int64

	// Side is nil for most packets.
	*Side
}

// Side is what only multicast dispatches and read requests carry. Pool.Equip gives
// a packet one.
type Side struct {
	// Branches are the destinations of a multicast dispatch; BranchCount of them are
	// in use, none in a unicast. Every copy carries those that are left to it, so that
	// a switch needs to know no more than the way to each node.
	Branches    [MaxBranches]Branch
	BranchCount uint8
	// Amount is the number of bytes a read request asks for.
	Amount int64
	// Chunk is the size of the answering packets of a read request.
	Chunk int32
	// Priority orders read requests at a stack: the lowest value is served
	// first, equal values in order of arrival.
	Priority int32
	// DataClass is the class of the answer to a read request.
	DataClass Class

	meta sim.MsgMeta
}

// Branch is one destination of a multicast: the Dest, Op and Contributions of the
// copy that arrives there.
type Branch struct {
	Dest          NodeID
	Op            int32
	Contributions uint16
}

// Multicast reports whether a switch sends copies of the packet.
func (p *Packet) Multicast() bool { return p.Side != nil && p.BranchCount != 0 }

// Branch adds a destination to a packet with a Side. More than MaxBranches are a
// panic.
func (p *Packet) Branch(b Branch) {
	p.Branches[p.BranchCount] = b
	p.BranchCount++
	p.Contributions += b.Contributions
}

// Descend notes, in a copy on its way down, how many copies the switch has made: so
// many packets will it wait for on the way up.
func (p *Packet) Descend(copies int) {
	p.UpperFanIn[2] = p.UpperFanIn[1]
	p.UpperFanIn[1] = p.UpperFanIn[0]
	p.UpperFanIn[0] = uint8(p.FanIn)
	p.FanIn = uint16(copies)
}

// Climb makes the fan-in of the next switch up the packet's own, as the packet
// leaves a switch on its way up.
func (p *Packet) Climb() {
	p.FanIn = uint16(p.UpperFanIn[0])
	p.UpperFanIn[0] = p.UpperFanIn[1]
	p.UpperFanIn[1] = p.UpperFanIn[2]
	p.UpperFanIn[2] = 0
}

// Meta implements sim.Msg. It is for hooks and stock parts: Src and Dst are the two
// ports of the link being crossed only if somebody has asked for them.
func (p *Packet) Meta() *sim.MsgMeta {
	if p.Side == nil {
		p.Side = &Side{}
	}
	return &p.meta
}

// Clone implements sim.Msg: a copy outside any pool.
func (p *Packet) Clone() sim.Msg {
	c := *p
	c.Side = &Side{}
	if p.Side != nil {
		*c.Side = *p.Side
	}
	c.meta.ID = sim.GetIDGenerator().Generate()
	return &c
}

// VC is the virtual channel the packet travels on: those of lane 0 by class, then
// those of lane 1, and so on.
func (p *Packet) VC() int { return int(p.Lane)*int(NumClasses) + int(p.Class) }

// SizeBytes is the size on the wires.
func (p *Packet) SizeBytes() int { return int(p.Bytes) }

// Pool is a free list of packets. It is not safe for concurrent use: each
// engine domain has its own.
type Pool struct {
	packets []*Packet
	sides   []*Side
	live    int64
}

// Get returns a zeroed packet.
func (p *Pool) Get() *Packet {
	p.live++
	last := len(p.packets) - 1
	if last < 0 {
		return &Packet{}
	}
	pk := p.packets[last]
	p.packets = p.packets[:last]
	*pk = Packet{}
	return pk
}

// Put takes a packet back. The caller must not use it afterwards.
func (p *Pool) Put(pk *Packet) {
	p.live--
	if pk.Side != nil {
		p.Strip(pk)
	}
	p.packets = append(p.packets, pk)
}

// Equip gives a packet without a Side a zeroed one.
func (p *Pool) Equip(pk *Packet) {
	last := len(p.sides) - 1
	if last < 0 {
		pk.Side = &Side{}
		return
	}
	pk.Side = p.sides[last]
	p.sides = p.sides[:last]
	*pk.Side = Side{}
}

// Strip takes a packet's Side back.
func (p *Pool) Strip(pk *Packet) {
	p.sides = append(p.sides, pk.Side)
	pk.Side = nil
}

// Live is the number of packets handed out and not yet returned: 0 once a run
// has drained.
func (p *Pool) Live() int64 { return p.live }
