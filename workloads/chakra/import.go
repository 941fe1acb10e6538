package chakra

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"mozart/workloads/op"
)

// Error says where a trace is not what its reader expects.
type Error struct {
	Rank int
	// Node is the number of the node in the file, from 0; -1 is the GlobalMetadata.
	Node int
	Err  error
}

// Error names rank and node.
func (e *Error) Error() string {
	where := fmt.Sprintf("node %d", e.Node)
	if e.Node < 0 {
		where = "GlobalMetadata"
	}
	return fmt.Sprintf("chakra: rank %d, %s: %v", e.Rank, where, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// trace is the file of one rank.
type trace struct {
	attrs []attr
	nodes []node
}

// Import reads the traces of all ranks, the attention chiplet's first, and says what
// was lost or made up. Traces that Export wrote give the program again, and lose
// nothing unless someone took attributes away. Others are read as far as they have
// computation, memory traffic, and messages between pairs of ranks; collectives are
// errors.
func Import(ranks []io.Reader) (f op.File, losses []string, err error) {
	traces := make([]trace, len(ranks))
	for i, r := range ranks {
		if traces[i], err = readTrace(i, r); err != nil {
			return op.File{}, nil, err
		}
	}
	if len(traces) == 0 {
		return op.File{}, nil, errors.New("chakra: no rank")
	}
	if find(traces[0].attrs, headerAttr) != nil {
		f, losses, err = ownTraces(traces)
	} else {
		f, losses, err = foreignTraces(traces)
	}
	if err != nil {
		return op.File{}, nil, err
	}
	if err := f.Program.Check(); err != nil {
		return op.File{}, nil, fmt.Errorf("chakra: %w", err)
	}
	return f, losses, nil
}

func readTrace(rank int, r io.Reader) (t trace, err error) {
	b := bufio.NewReader(r)
	for n := -1; ; n++ {
		message, err := readMessage(b)
		if errors.Is(err, io.EOF) && n >= 0 {
			return t, nil
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err == nil && n < 0 {
			_, t.attrs, err = parseMetadata(message)
		} else if err == nil {
			var parsed node
			parsed, err = parseNode(message)
			t.nodes = append(t.nodes, parsed)
		}
		if err != nil {
			return t, &Error{Rank: rank, Node: n, Err: err}
		}
	}
}

// ownTraces reads what Export wrote.
func ownTraces(traces []trace) (op.File, []string, error) {
	f, ops, err := op.FromHeader(find(traces[0].attrs, headerAttr).text)
	if err != nil {
		return op.File{}, nil, &Error{Rank: 0, Node: -1, Err: err}
	}
	if len(ops) != len(traces) {
		return op.File{}, nil, &Error{Rank: 0, Node: -1, Err: fmt.Errorf("found %d ranks, want the %d of the program", len(traces), len(ops))}
	}
	for rank, t := range traces {
		d := ownRank{b: op.NewBuilder(rank-1, f.Program.Labels), rank: rank}
		for i := range t.nodes {
			if err := d.node(&t.nodes[i]); err != nil {
				return op.File{}, nil, &Error{Rank: rank, Node: i, Err: err}
			}
		}
		if int(d.b.Len()) != ops[rank] {
			return op.File{}, nil, &Error{Rank: rank, Node: len(t.nodes), Err: fmt.Errorf("found the end of the file after %d ops, want %d", d.b.Len(), ops[rank])}
		}
		f.Program.Devices = append(f.Program.Devices, d.b.Device())
	}
	losses, err := tables(&f, traces[0])
	return f, losses, err
}

// ownRank builds the program of one rank.
type ownRank struct {
	b    *op.Builder
	rank int
}

func (d *ownRank) node(n *node) error {
	if find(n.attrs, partAttr) != nil {
		return nil // of a message that its op's own node has peers for
	}
	o, err := ownOp(n)
	if err != nil {
		return err
	}
	if want := uint64(d.b.Len()); n.id != want {
		return fmt.Errorf("found id %d, want %d: ops are numbered in order", n.id, want)
	}
	if !d.b.HasRoom(n.name) {
		return fmt.Errorf("found %q, want one of the names before it: a program has at most 256", n.name)
	}
	i := d.b.Add(o, n.name)
	for _, dep := range n.dataDeps {
		if dep >= n.id {
			return fmt.Errorf("found a dependency on %d, want an earlier op", dep)
		}
		d.b.Depend(int32(dep))
	}
	var peers []op.Peer
	if a := find(n.attrs, peersAttr); a != nil {
		for k := 0; k+1 < len(a.list); k += 2 {
			peers = append(peers, op.Peer{Device: int32(a.list[k]), Op: int32(a.list[k+1])})
		}
	}
	if len(peers) > 0 {
		d.b.SetPeers(i, peers)
	}
	return nil
}

// ownOp reads the attributes of an op.
func ownOp(n *node) (o op.Op, err error) {
	kind, phase := find(n.attrs, kindAttr), find(n.attrs, phaseAttr)
	if kind == nil || phase == nil {
		return o, fmt.Errorf("found no %s or %s, want both beside %s", kindAttr, phaseAttr, headerAttr)
	}
	var ok bool
	if o.Kind, ok = op.ParseKind(string(kind.text)); !ok {
		return o, fmt.Errorf("%s: found %q, want a kind of op", kindAttr, kind.text)
	}
	if o.Phase, ok = op.ParsePhase(string(phase.text)); !ok {
		return o, fmt.Errorf("%s: found %q, want a phase", phaseAttr, phase.text)
	}
	if class := find(n.attrs, classAttr); class != nil {
		if string(class.text) != activationTag {
			return o, fmt.Errorf("%s: found %q, want %s", classAttr, class.text, activationTag)
		}
		o.Class = op.Activations
	}
	var values [op.NumNumbers]int64
	for k, name := range op.NumberNames {
		a := find(n.attrs, prefix+name)
		if a == nil {
			continue
		}
		bits := op.NumberBits[k]
		if limit := int64(1)<<(bits-1) - 1; a.number > limit || a.number < -limit-1 {
			return o, fmt.Errorf("%s%s: found %d, want a number of %d bits", prefix, name, a.number, bits)
		}
		values[k] = a.number
	}
	o.SetNumbers(values)
	return o, nil
}
