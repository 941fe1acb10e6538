package schedule

import (
	"slices"

	"mozart/workloads/op"
)

// blockRouting is the routing of one MoE layer and micro-batch.
type blockRouting struct {
	table int32
	// load[e] is the number of tokens of expert e, shared experts last.
	load []int64
}

// homes returns the chiplet of every expert of MoE layer l, shared experts that
// live on expert chiplets last: they are spread as far apart as they can be.
func (b *builder) homes(l int) []int {
	homes := slices.Clone(b.in.ExpertToChiplet[l])
	for s := range b.remoteShared {
		homes = append(homes, s*b.in.Machine.Chiplets/b.remoteShared)
	}
	return homes
}

// route builds the table of MoE layer l and micro-batch m.
func (b *builder) route(l, m int, layer op.LayerID, homes []int) blockRouting {
	k := b.in.Model.TopK
	experts, chiplets := b.in.Model.Experts, b.in.Machine.Chiplets
	perGroup := chiplets / b.in.Machine.Groups
	r := blockRouting{table: int32(len(b.program.Tables)), load: make([]int64, experts+b.remoteShared)}
	t := op.Table{
		Layer: layer, MicroBatch: int16(m), Tokens: b.tokens, PerToken: k + b.remoteShared,
		Copies:      make([]op.Copy, 0, b.tokens*min(k+b.remoteShared, chiplets)),
		Assignments: make([]int32, chiplets), Copied: make([]int32, chiplets),
	}
	count := make([]uint8, chiplets)
	fanIn := make([]uint8, b.in.Machine.Groups)
	for token := range b.tokens {
		clear(count)
		clear(fanIn)
		at := (m*b.tokens + token) * k
		choose := func(e int) {
			c := homes[e]
			if count[c] == 0 {
				fanIn[c/perGroup]++
			}
			count[c]++
			r.load[e]++
		}
		for _, e := range b.in.Choices[l][at : at+k] {
			choose(int(e))
		}
		for s := range b.remoteShared {
			choose(experts + s)
		}
		for c, n := range count {
			if n == 0 {
				continue
			}
			t.Copies = append(t.Copies, op.Copy{Token: op.TokenID(token), Chiplet: uint16(c), Contributions: n, FanIn: fanIn[c/perGroup]})
			t.Assignments[c] += int32(n)
			t.Copied[c]++
		}
	}
	t.Copies = slices.Clip(t.Copies)
	b.program.Tables = append(b.program.Tables, t)
	return r
}

// packetsDown is the number of packets of a dispatch.
func (b *builder) packetsDown(t *op.Table) int64 {
	switch b.program.Dispatch {
	case op.DispatchPerExpert:
		return int64(t.Tokens) * int64(t.PerToken)
	case op.DispatchPerChiplet:
		return int64(len(t.Copies))
	default:
		return b.groupCopies(t)
	}
}

// groupCopies is the number of pairs of a token and a switch group that has work
// for it.
func (b *builder) groupCopies(t *op.Table) int64 {
	perGroup := uint16(b.in.Machine.Chiplets / b.in.Machine.Groups)
	n := int64(0)
	for i := range t.Copies {
		if i == 0 || t.Copies[i].Token != t.Copies[i-1].Token || t.Copies[i].Chiplet/perGroup != t.Copies[i-1].Chiplet/perGroup {
			n++
		}
	}
	return n
}
