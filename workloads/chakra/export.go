package chakra

import (
	"bufio"
	"fmt"
	"io"

	"mozart/workloads/op"
)

// Names of the attributes that Chakra does not know.
const (
	prefix        = "mozart."
	headerAttr    = prefix + "header"
	tablesAttr    = prefix + "tables"
	kindAttr      = prefix + "kind"
	phaseAttr     = prefix + "phase"
	classAttr     = prefix + "class"
	peersAttr     = prefix + "peers"
	partAttr      = prefix + "part"
	perTokenAttr  = prefix + "per_token"
	toRanksAttr   = prefix + "bytes_per_destination"
	signalBytes   = 16 // of a signal on the wires
	activationTag = "activation"
)

// Export writes the trace of one rank. The first one has the tables.
func Export(w io.Writer, f op.File, rank int) error {
	b := bufio.NewWriter(w)
	e := exporter{p: f.Program, dev: &f.Program.Devices[rank], rank: rank, next: uint64(len(f.Program.Devices[rank].Ops)), senders: senders(f.Program, rank)}
	header, err := op.HeaderText(f)
	if err != nil {
		return err
	}
	attrs := []attr{text(headerAttr, string(header))}
	if rank == 0 {
		tables := attr{name: tablesAttr, field: attrBytesList}
		for i := range f.Program.Tables {
			table, err := f.Program.Tables[i].AppendBinary(nil)
			if err != nil {
				return err
			}
			tables.texts = append(tables.texts, table)
		}
		attrs = append(attrs, tables)
	}
	if err := writeMessage(b, appendMetadata(nil, attrs)); err != nil {
		return fmt.Errorf("chakra: rank %d: %w", rank, err)
	}
	for i := range e.dev.Ops {
		for _, n := range e.nodes(i) {
			if err := writeMessage(b, n.append(nil)); err != nil {
				return fmt.Errorf("chakra: rank %d: %w", rank, err)
			}
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("chakra: rank %d: %w", rank, err)
	}
	return nil
}

// ExportLosses says what other readers of a trace cannot know from what Chakra
// defines. This package reads it all back from its own attributes.
func ExportLosses(p *op.Program) []string {
	exchanges := 0
	for d := range p.Devices {
		for i := range p.Devices[d].Ops {
			if p.Devices[d].Ops[i].Kind == op.Send {
				exchanges++
			}
		}
	}
	losses := []string{
		fmt.Sprintf("%d all-to-alls have unequal parts: comm_size is the sum, %s has the parts", exchanges, toRanksAttr),
		fmt.Sprintf("which tokens go where, in %d tables, is in %s alone: copies that switches make and sums that they take on the way up cannot be told from the bytes", len(p.Tables), tablesAttr),
		"shapes of products, priorities of loads, and the SRAM that ops take and free are in attributes that begin with " + prefix,
	}
	return losses
}

// senders lists for every op of a rank that waits for signals the ranks that send
// them.
func senders(p *op.Program, rank int) map[int32][]int {
	out := map[int32][]int{}
	for d := range p.Devices {
		dev := &p.Devices[d]
		for i := range dev.Ops {
			if dev.Ops[i].Kind != op.Signal {
				continue
			}
			for _, peer := range dev.Peers(i) {
				if int(peer.Device) == rank {
					out[peer.Op] = append(out[peer.Op], d)
				}
			}
		}
	}
	return out
}

type exporter struct {
	p       *op.Program
	dev     *op.Device
	rank    int
	next    uint64 // id of the next node that is no op's own
	senders map[int32][]int
}

// nodes are those of op i, its own last.
func (e *exporter) nodes(i int) []node {
	o := &e.dev.Ops[i]
	own := node{id: uint64(i), name: e.p.Labels.Name(o.Label)}
	for _, d := range e.dev.Deps(i) {
		own.dataDeps = append(own.dataDeps, uint64(d))
	}
	var parts []node
	switch o.Kind {
	case op.Gemm, op.Vector:
		own.kind = computeNode
		own.attrs = append(own.attrs, number("num_ops", attrInt64, o.FLOPs()), number("tensor_size", attrUint64, tensorBytes(o)))
	case op.Load:
		own.kind, own.attrs = loadNode, append(own.attrs, number("tensor_size", attrUint64, o.Bytes))
	case op.Store:
		own.kind, own.attrs = storeNode, append(own.attrs, number("tensor_size", attrUint64, o.Bytes))
	case op.Send, op.Receive:
		own.kind = groupNode
		own.attrs = e.exchange(i, own.attrs)
	case op.Signal:
		parts = e.pairs(&own, sendNode, e.targets(i))
	default:
		parts = e.pairs(&own, receiveNode, e.sources(i))
	}
	own.attrs = append([]attr{number("is_cpu_op", attrBool, 0)}, own.attrs...)
	own.attrs = append(own.attrs, e.ours(i)...)
	return append(parts, own)
}

// tensorBytes are those of operands and results.
func tensorBytes(o *op.Op) int64 {
	if o.Kind == op.Vector {
		return o.Bytes
	}
	const element = 2
	return element * o.Count * (o.M*o.K + o.K*o.N + o.M*o.N)
}

// pair is a message between two ranks, with a tag.
type pair struct{ from, to, tag int }

func (e *exporter) targets(i int) (pairs []pair) {
	for _, peer := range e.dev.Peers(i) {
		pairs = append(pairs, pair{e.rank, int(peer.Device), int(peer.Op)})
	}
	return pairs
}

func (e *exporter) sources(i int) (pairs []pair) {
	for _, d := range e.senders[int32(i)] {
		pairs = append(pairs, pair{d, e.rank, i})
	}
	return pairs
}

// pairs makes an op's own node the last of several messages; the others come before
// it, as nodes of their own. Without any it is work of no operations.
func (e *exporter) pairs(own *node, kind nodeType, pairs []pair) (parts []node) {
	if len(pairs) == 0 {
		own.kind = computeNode
		own.attrs = append(own.attrs, number("num_ops", attrInt64, 0))
		return nil
	}
	own.kind = kind
	for k, p := range pairs {
		attrs := []attr{
			number("comm_src", attrInt32, int64(p.from)), number("comm_dst", attrInt32, int64(p.to)),
			number("comm_tag", attrInt32, int64(p.tag)), number("comm_size", attrInt64, signalBytes),
		}
		if k == len(pairs)-1 {
			own.attrs = append(own.attrs, attrs...)
			break
		}
		attrs = append(attrs, number("is_cpu_op", attrBool, 0), number(partAttr, attrInt64, int64(own.id)))
		parts = append(parts, node{id: e.next, name: own.name, kind: kind, dataDeps: own.dataDeps, attrs: attrs})
		own.ctrlDeps = append(own.ctrlDeps, e.next)
		e.next++
	}
	return parts
}

// exchange is what an all-to-all has in one rank.
func (e *exporter) exchange(i int, attrs []attr) []attr {
	o := &e.dev.Ops[i]
	t := &e.p.Tables[o.Table]
	bytes := o.Tokens * e.p.TokenBytes
	attrs = append(attrs, number("comm_type", attrInt64, allToAll), number("comm_size", attrInt64, bytes), text("pg_name", ""))
	if o.Kind != op.Send {
		return attrs
	}
	parts := attr{name: toRanksAttr, field: attrInt64List, list: make([]int64, len(e.p.Devices))}
	if e.rank > 0 {
		parts.list[0] = bytes
		return append(attrs, parts)
	}
	for c := range t.Copied {
		parts.list[1+c] = t.Packets(c, e.p.Dispatch) * e.p.TokenBytes
	}
	return append(attrs, parts, number(perTokenAttr, attrInt64, int64(t.PerToken)))
}

// ours are the fields of an op that Chakra has none for. Numbers that are 0 are left
// out.
func (e *exporter) ours(i int) []attr {
	o := &e.dev.Ops[i]
	attrs := []attr{text(kindAttr, o.Kind.String()), text(phaseAttr, o.Phase.String())}
	if o.Class == op.Activations {
		attrs = append(attrs, text(classAttr, activationTag))
	}
	for k, v := range o.Numbers() {
		if v != 0 {
			attrs = append(attrs, number(prefix+op.NumberNames[k], attrInt64, v))
		}
	}
	if peers := e.dev.Peers(i); len(peers) > 0 {
		a := attr{name: peersAttr, field: attrInt64List}
		for _, p := range peers {
			a.list = append(a.list, int64(p.Device), int64(p.Op))
		}
		attrs = append(attrs, a)
	}
	return attrs
}
