package schedule

import (
	"math/bits"
	"slices"

	"mozart/workloads/op"
	"mozart/workloads/routing"
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
		homes = append(homes, b.sharedHome(s))
	}
	return homes
}

func (b *builder) sharedHome(s int) int { return s * b.in.Machine.Chiplets / b.remoteShared }

// route builds the tables of all MoE layers and micro-batches, in this order.
func (b *builder) route() {
	layers, batches := b.in.Model.MoELayers(), b.in.Workload.MicroBatches
	b.program.Tables = make([]op.Table, layers*batches)
	b.routing = make([][]blockRouting, layers)
	b.shared = make([]uint64, (b.in.Machine.Chiplets+63)/64)
	for s := range b.remoteShared {
		c := b.sharedHome(s)
		b.shared[c/64] |= 1 << (c % 64)
	}
	routing.Parallel(layers, func(l int) {
		r := newRouter(b, l)
		b.routing[l] = make([]blockRouting, batches)
		for m := range batches {
			i := l*batches + m
			b.routing[l][m] = blockRouting{table: int32(i), load: make([]int64, b.in.Model.Experts+b.remoteShared)}
			b.program.Tables[i] = r.table(m, b.routing[l][m].load)
		}
	})
}

// router builds the tables of one MoE layer.
type router struct {
	b       *builder
	l       int
	homes   []int
	group   []uint16 // of each chiplet
	choices []uint16
	// Of the token at hand: the experts chosen on each chiplet, these chiplets as a
	// bitmap, and how many of them each group has.
	count []uint8
	used  []uint64
	fanIn []uint8
}

func newRouter(b *builder, l int) *router {
	chiplets := b.in.Machine.Chiplets
	r := &router{
		b: b, l: l, homes: b.homes(l), group: make([]uint16, chiplets), choices: b.in.Choices[l],
		count: make([]uint8, chiplets), used: make([]uint64, (chiplets+63)/64), fanIn: make([]uint8, b.in.Machine.Groups),
	}
	for c := range r.group {
		r.group[c] = uint16(c / b.perGroup)
	}
	return r
}

// table builds the table of micro-batch m and counts the tokens of each expert.
func (r *router) table(m int, load []int64) op.Table {
	in, tokens := &r.b.in, r.b.tokens
	k, chiplets := in.Model.TopK, in.Machine.Chiplets
	choices := r.choices[m*tokens*k : (m+1)*tokens*k]
	t := op.Table{
		Layer: op.LayerID(r.l + in.Model.DenseLayers), MicroBatch: int16(m), Tokens: tokens, PerToken: k + r.b.remoteShared,
		Copies:      make([]op.Copy, 0, r.copies(choices, k)),
		Assignments: make([]int32, chiplets), Copied: make([]int32, chiplets),
	}
	homes, count := r.homes, r.count
	for token := range tokens {
		chosen := choices[token*k : (token+1)*k]
		r.mark(chosen)
		for _, e := range chosen {
			load[e]++
			count[homes[e]]++
		}
		for e := in.Model.Experts; e < len(load); e++ { // shared experts
			load[e]++
			count[homes[e]]++
		}
		r.token(op.TokenID(token), &t)
	}
	return t
}

// copies is the number of copies of the tokens that make these choices.
func (r *router) copies(choices []uint16, k int) int {
	n := 0
	for ; len(choices) > 0; choices = choices[k:] {
		r.mark(choices[:k])
		for _, chiplets := range r.used {
			n += bits.OnesCount64(chiplets)
		}
	}
	return n
}

// mark sets used to the chiplets of a token that makes these choices.
func (r *router) mark(chosen []uint16) {
	used, homes := r.used, r.homes
	copy(used, r.b.shared)
	for _, e := range chosen {
		c := uint(homes[e])
		used[c/64] |= 1 << (c % 64)
	}
}

// token appends the copies of the token at hand, by chiplet, and forgets it.
func (r *router) token(token op.TokenID, t *op.Table) {
	for w, chiplets := range r.used {
		for ; chiplets != 0; chiplets &= chiplets - 1 {
			r.fanIn[r.group[64*w+bits.TrailingZeros64(chiplets)]]++
		}
	}
	for w, chiplets := range r.used {
		for ; chiplets != 0; chiplets &= chiplets - 1 {
			c := 64*w + bits.TrailingZeros64(chiplets)
			n := r.count[c]
			t.Copies = append(t.Copies, op.Copy{Token: token, Chiplet: uint16(c), Contributions: n, FanIn: r.fanIn[r.group[c]]})
			t.Assignments[c] += int32(n)
			t.Copied[c]++
			r.count[c] = 0
		}
	}
	clear(r.fanIn)
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

// groupCopies is the number of packets that carry the tokens of a table down when
// switches multiply them: one per token and link of the attention chiplet that leads
// to work for it.
func (b *builder) groupCopies(t *op.Table) int64 {
	n := int64(0)
	var last []op.TokenID // by link, the token that was counted last
	for i := range t.Copies {
		trunk, token := b.in.Machine.trunk(int(t.Copies[i].Chiplet)), t.Copies[i].Token
		for len(last) <= trunk {
			last = append(last, op.None)
		}
		if last[trunk] != token {
			last[trunk] = token
			n++
		}
	}
	return n
}
