package chakra

import (
	"cmp"
	"fmt"
	"slices"

	"mozart/workloads/op"
)

// foreignTraces reads traces of other programs: computation as work of the vector
// unit, memory traffic as loads and stores, messages between two ranks as signals.
func foreignTraces(traces []trace) (op.File, []string, error) {
	x := foreign{labels: op.NewLabels(), receives: map[pair][]op.Peer{}}
	op.NewBuilder(op.Attention, x.labels).Add(op.Op{Kind: op.Await}, otherName) // there is room for it now
	var devices []op.Device
	for rank := range traces {
		r, err := x.rank(rank, traces[rank].nodes)
		if err != nil {
			return op.File{}, nil, err
		}
		devices = append(devices, r)
	}
	if err := x.connect(devices); err != nil {
		return op.File{}, nil, err
	}
	p := &op.Program{
		Model: "chakra", Policy: "chakra", Labels: x.labels, Devices: devices, SRAMNeed: make([]int64, len(devices)),
		TokenBytes: 1, TokensPerStep: 1,
	}
	return op.File{Program: p, About: op.About{Routing: "none: a Chakra trace"}}, x.losses(), nil
}

// otherName is the name of nodes behind the first 255.
const otherName = "other"

// foreign is what the ranks share.
type foreign struct {
	labels *op.Labels
	// receives are the ops that wait for a message, in order.
	receives map[pair][]op.Peer
	sends    []sent
	// How many nodes lost something.
	computes, messages, names int
}

// sent is a message on its way.
type sent struct {
	pair pair
	from op.Peer
	node int
}

// rank builds the program of one rank, whose nodes may be in any order.
func (x *foreign) rank(rank int, nodes []node) (op.Device, error) {
	order, err := sorted(nodes)
	if err != nil {
		return op.Device{}, &Error{Rank: rank, Node: 0, Err: err}
	}
	b := op.NewBuilder(rank-1, x.labels)
	at := map[uint64]int32{}
	for _, i := range order {
		n := &nodes[i]
		o, err := x.op(rank, n)
		if err != nil {
			return op.Device{}, &Error{Rank: rank, Node: i, Err: err}
		}
		name := n.name
		if !b.HasRoom(name) {
			name = otherName
			x.names++
		}
		at[n.id] = b.Add(o, name)
		for _, d := range slices.Concat(n.dataDeps, n.ctrlDeps) {
			b.Depend(at[d])
		}
		x.message(rank, i, n, o.Kind, at[n.id])
	}
	return b.Device(), nil
}

// op is a node as an op.
func (x *foreign) op(rank int, n *node) (op.Op, error) {
	o := op.Op{Kind: op.Await, Phase: op.ForwardAttention, Layer: op.None, MicroBatch: op.None, Expert: op.None}
	if rank > 0 {
		o.Phase = op.ForwardExpert
	}
	get := func(name string) int64 {
		if a := find(n.attrs, name); a != nil {
			return max(0, a.number)
		}
		return 0
	}
	switch n.kind {
	case computeNode:
		if ops := get("num_ops"); ops > 0 {
			o.Kind, o.M, o.K, o.Bytes = op.Vector, ops, 1, get("tensor_size")
			x.computes++
		}
	case loadNode, storeNode:
		o.Kind, o.Phase = op.Load, op.ForwardWeights
		if n.kind == storeNode {
			o.Kind, o.Phase = op.Store, op.UpdateMemory
		}
		if o.Bytes = get("tensor_size"); o.Bytes == 0 {
			return o, fmt.Errorf("%q moves no bytes: found no tensor_size above 0", n.name)
		}
	case sendNode:
		o.Kind, o.Phase = op.Signal, op.ForwardDispatch
	case receiveNode:
		o.Signals, o.Phase = 1, op.ForwardDispatch
	case metadataNode:
	default:
		return o, fmt.Errorf("%q is of node type %d, want computation, memory or a message between two ranks: only traces of mozart workload have all-to-alls that can be run", n.name, n.kind)
	}
	return o, nil
}

// message notes one end of a message.
func (x *foreign) message(rank, i int, n *node, kind op.Kind, at int32) {
	if n.kind != sendNode && n.kind != receiveNode {
		return
	}
	get := func(name string) int {
		if a := find(n.attrs, name); a != nil {
			return int(a.number)
		}
		return 0
	}
	p, end := pair{get("comm_src"), get("comm_dst"), get("comm_tag")}, op.Peer{Device: int32(rank), Op: at}
	if kind == op.Signal {
		if get("comm_size") > signalBytes {
			x.messages++
		}
		p.from = rank
		x.sends = append(x.sends, sent{p, end, i})
		return
	}
	p.to = rank
	x.receives[p] = append(x.receives[p], end)
}

// connect tells every send its receive: the first with its tag that has none yet.
func (x *foreign) connect(devices []op.Device) error {
	for _, s := range x.sends {
		waiting := x.receives[s.pair]
		if len(waiting) == 0 {
			return &Error{Rank: int(s.from.Device), Node: s.node, Err: fmt.Errorf("a message to rank %d with tag %d, which nobody receives", s.pair.to, s.pair.tag)}
		}
		devices[s.from.Device].SetPeers(int(s.from.Op), waiting[:1])
		x.receives[s.pair] = waiting[1:]
	}
	return nil
}

func (x *foreign) losses() []string {
	out := []string{"start times and durations of the nodes are not used: the hardware decides"}
	add := func(n int, text string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, text))
		}
	}
	add(x.computes, "nodes of computation have no shape: run on the vector unit, num_ops operations and tensor_size bytes")
	add(x.messages, fmt.Sprintf("messages between two ranks are signals of %d bytes, whatever their comm_size", signalBytes))
	add(x.names, "nodes have lost their name: a program has at most 256")
	return out
}

// sorted is an order of nodes in which each comes after what it waits for, else as
// they are.
func sorted(nodes []node) ([]int, error) {
	at := map[uint64]int{}
	for i := range nodes {
		if j, twice := at[nodes[i].id]; twice {
			return nil, fmt.Errorf("nodes %d and %d both have id %d", j, i, nodes[i].id)
		}
		at[nodes[i].id] = i
	}
	waits, next := make([]int, len(nodes)), make([][]int, len(nodes))
	var ready []int
	for i := range nodes {
		for _, d := range slices.Concat(nodes[i].dataDeps, nodes[i].ctrlDeps) {
			j, ok := at[d]
			if !ok {
				return nil, fmt.Errorf("node %d waits for id %d, which no node has", i, d)
			}
			waits[i]++
			next[j] = append(next[j], i)
		}
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	var order []int
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		order = append(order, i)
		for _, k := range next[i] {
			if waits[k]--; waits[k] == 0 {
				at, _ := slices.BinarySearchFunc(ready, k, cmp.Compare)
				ready = slices.Insert(ready, at, k)
			}
		}
	}
	if len(order) < len(nodes) {
		return nil, fmt.Errorf("%d nodes wait for each other in a circle", len(nodes)-len(order))
	}
	return order, nil
}
