package op

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// dumpedTable is a table as a dump has it.
type dumpedTable struct {
	Table       int     `json:"table"`
	Layer       LayerID `json:"layer"`
	MicroBatch  int16   `json:"micro_batch"`
	Tokens      int     `json:"tokens"`
	PerToken    int     `json:"per_token"`
	Assignments []int32 `json:"assignments"`
	Copied      []int32 `json:"copied"`
	// Copies are token, chiplet, contributions and fan-in.
	Copies [][4]int `json:"copies"`
}

// dumpedOp is an op as a dump has it.
type dumpedOp struct {
	Device     int      `json:"device"`
	Op         int      `json:"op"`
	Kind       string   `json:"kind"`
	Phase      string   `json:"phase"`
	Name       string   `json:"name"`
	Layer      LayerID  `json:"layer"`
	MicroBatch int16    `json:"micro_batch"`
	Expert     ExpertID `json:"expert"`
	M          int64    `json:"m,omitempty"`
	K          int64    `json:"k,omitempty"`
	N          int64    `json:"n,omitempty"`
	Count      int64    `json:"count,omitempty"`
	Bytes      int64    `json:"bytes,omitempty"`
	Tokens     int64    `json:"tokens,omitempty"`
	Class      string   `json:"class,omitempty"`
	Priority   int32    `json:"priority,omitempty"`
	Table      *int32   `json:"table,omitempty"`
	Signals    int32    `json:"signals,omitempty"`
	Allocate   int64    `json:"allocate,omitempty"`
	Release    int64    `json:"release,omitempty"`
	Deps       []int32  `json:"deps,omitempty"`
	// Peers are device and op.
	Peers [][2]int32 `json:"peers,omitempty"`
}

var classNames = []string{"weight", "activation"}

// Dump writes a program as lines of JSON, for reading: the header, a line per table,
// a line per op.
func Dump(w io.Writer, f File) error {
	b := bufio.NewWriter(w)
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	emit := func(line any) error {
		if err := out.Encode(line); err != nil {
			return fmt.Errorf("program dump: %w", err)
		}
		return nil
	}
	if err := emit(newHeader(f)); err != nil {
		return err
	}
	p := f.Program
	for i := range p.Tables {
		if err := emit(dumpTable(i, &p.Tables[i])); err != nil {
			return err
		}
	}
	for d := range p.Devices {
		for i := range p.Devices[d].Ops {
			if err := emit(p.dumpOp(d, i)); err != nil {
				return err
			}
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("program dump: %w", err)
	}
	return nil
}

func dumpTable(i int, t *Table) dumpedTable {
	out := dumpedTable{
		Table: i, Layer: t.Layer, MicroBatch: t.MicroBatch, Tokens: t.Tokens, PerToken: t.PerToken,
		Assignments: t.Assignments, Copied: t.Copied, Copies: make([][4]int, len(t.Copies)),
	}
	for k, c := range t.Copies {
		out.Copies[k] = [4]int{int(c.Token), int(c.Chiplet), int(c.Contributions), int(c.FanIn)}
	}
	return out
}

func (p *Program) dumpOp(d, i int) dumpedOp {
	dev := &p.Devices[d]
	o := &dev.Ops[i]
	out := dumpedOp{
		Device: d, Op: i, Kind: o.Kind.String(), Phase: o.Phase.String(), Name: p.Labels.Name(o.Label),
		Layer: o.Layer, MicroBatch: o.MicroBatch, Expert: o.Expert, M: o.M, K: o.K, N: o.N, Count: o.Count,
		Bytes: o.Bytes, Tokens: o.Tokens, Priority: o.Priority, Signals: o.Signals, Allocate: o.Allocate, Release: o.Release,
		Deps: dev.Deps(i),
	}
	switch o.Kind {
	case Load, Store:
		out.Class = nameOf(classNames, int(o.Class))
	case Send, Receive:
		out.Table = &o.Table
	}
	for _, peer := range dev.Peers(i) {
		out.Peers = append(out.Peers, [2]int32{peer.Device, peer.Op})
	}
	return out
}
