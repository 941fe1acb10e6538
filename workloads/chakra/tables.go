package chakra

import (
	"cmp"
	"fmt"
	"slices"

	"mozart/workloads/op"
)

// tables reads the tables of rank 0, or makes some up from the bytes that it sends to
// each rank.
func tables(f *op.File, root trace) (losses []string, err error) {
	if a := find(root.attrs, tablesAttr); a != nil {
		for i, data := range a.texts {
			var t op.Table
			if err := t.UnmarshalBinary(data); err != nil {
				return nil, &Error{Rank: 0, Node: -1, Err: fmt.Errorf("%s: table %d: %w", tablesAttr, i, err)}
			}
			f.Program.Tables = append(f.Program.Tables, t)
		}
		return nil, nil
	}
	m := maker{f: f, tables: map[int32]op.Table{}}
	for i := range root.nodes {
		if err := m.node(&root.nodes[i]); err != nil {
			return nil, &Error{Rank: 0, Node: i, Err: err}
		}
	}
	for i := range int32(len(m.tables)) {
		t, ok := m.tables[i]
		if !ok {
			return nil, fmt.Errorf("chakra: no all-to-all has table %d of %d", i, len(m.tables))
		}
		f.Program.Tables = append(f.Program.Tables, t)
	}
	return []string{fmt.Sprintf("%d tables were made up from %s: every chiplet gets as many packets, but of tokens that are spread evenly; sums in switches differ", len(m.tables), toRanksAttr)}, nil
}

// mostTokens bounds the tables that are made up.
const mostTokens = 1 << 20

// maker makes tables up.
type maker struct {
	f      *op.File
	tables map[int32]op.Table
}

func (m *maker) node(n *node) error {
	bytes := find(n.attrs, toRanksAttr)
	if bytes == nil {
		return nil
	}
	o, err := ownOp(n)
	if err != nil {
		return err
	}
	if _, known := m.tables[o.Table]; known {
		return nil // the way down of the backward pass has the same one
	}
	perToken := find(n.attrs, perTokenAttr)
	chiplets := len(m.f.Program.Devices) - 1
	switch {
	case perToken == nil || perToken.number < 1 || perToken.number > 255:
		return fmt.Errorf("found no %s of 1 to 255", perTokenAttr)
	case len(bytes.list) != 1+chiplets:
		return fmt.Errorf("%s: found %d ranks, want %d", toRanksAttr, len(bytes.list), 1+chiplets)
	}
	packets := make([]int, chiplets)
	for c := range packets {
		b := bytes.list[1+c]
		if b < 0 || b%m.f.Program.TokenBytes != 0 {
			return fmt.Errorf("%s: found %d bytes for rank %d, want a multiple of %d", toRanksAttr, b, 1+c, m.f.Program.TokenBytes)
		}
		packets[c] = int(b / m.f.Program.TokenBytes)
	}
	t := op.Table{Layer: o.Layer, MicroBatch: o.MicroBatch, PerToken: int(perToken.number)}
	if t.Tokens, err = m.tokens(o.Table); err != nil {
		return err
	}
	if err := m.spread(&t, packets); err != nil {
		return err
	}
	m.tables[o.Table] = t
	return nil
}

// tokens is how many tokens the attention chiplet gets back with a table.
func (m *maker) tokens(table int32) (int, error) {
	root := &m.f.Program.Devices[0]
	for i := range root.Ops {
		if o := &root.Ops[i]; o.Kind == op.Receive && o.Table == table && o.Tokens > 0 && o.Tokens <= mostTokens {
			return int(o.Tokens), nil
		}
	}
	return 0, fmt.Errorf("no receive of rank 0 has the tokens of table %d", table)
}

// spread gives every chiplet its packets, from the fullest to the emptiest, always for
// the tokens that have the fewest yet, and then every token its expert outputs.
func (m *maker) spread(t *op.Table, packets []int) error {
	p := m.f.Program
	perExpert := p.Dispatch == op.DispatchPerExpert
	order := make([]int, len(packets))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(packets[b], packets[a]) })
	total, most := 0, t.Tokens*t.PerToken
	for _, n := range packets {
		total = min(total+n, most+1)
	}
	if total < t.Tokens || total > most || perExpert && total != most {
		return fmt.Errorf("found %d packets, want %d for %d tokens of %d outputs", total, most, t.Tokens, t.PerToken)
	}
	outputs := make([][]uint8, t.Tokens) // by chiplet
	for i := range outputs {
		outputs[i] = make([]uint8, len(packets))
	}
	next := 0
	for _, c := range order {
		if !perExpert && packets[c] > t.Tokens {
			return fmt.Errorf("found %d packets for rank %d, want at most one for each of %d tokens", packets[c], 1+c, t.Tokens)
		}
		for range packets[c] {
			outputs[next][c]++
			next = (next + 1) % t.Tokens
		}
	}
	m.fill(t, outputs)
	return nil
}

// fill makes the copies of tokens; the first of a token has the outputs that are left.
func (m *maker) fill(t *op.Table, outputs [][]uint8) {
	chiplets := len(m.f.Program.Devices) - 1
	perGroup := chiplets / max(1, m.f.About.Groups)
	t.Assignments, t.Copied = make([]int32, chiplets), make([]int32, chiplets)
	for token, by := range outputs {
		left, fanIn := t.PerToken, make([]uint8, chiplets/max(1, perGroup)+1)
		for c, n := range by {
			left -= int(n)
			if n > 0 {
				fanIn[c/max(1, perGroup)]++
			}
		}
		for c, n := range by {
			if n == 0 {
				continue
			}
			n += uint8(left)
			left = 0
			t.Copies = append(t.Copies, op.Copy{Token: op.TokenID(token), Chiplet: uint16(c), Contributions: n, FanIn: fanIn[c/max(1, perGroup)]})
			t.Assignments[c] += int32(n)
			t.Copied[c]++
		}
	}
}
