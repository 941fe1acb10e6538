package routing

import (
	"fmt"
	"slices"
)

// TableSampler draws tokens from Tables. It is a Source.
//
// A token gets a vocabulary id with a chance proportional to the id's
// occurrences, the same id in all layers. In each layer it then draws TopK
// experts one by one without replacement, with chances proportional to the
// id's counts in the nearest recorded layer (Tables.Nearest). Router weights
// are not recorded and not drawn.
//
// A layer that was not recorded sees the recorded counts under a permutation of
// the expert ids of its own, drawn from the seed; a recorded layer sees them as
// they are. So layers share statistics but not a placement.
//
// Not preserved: the order of tokens (ids are independent), how the choices of
// one token depend on each other beyond its id, and, slightly, the load: drawing
// without replacement chooses an expert that a token id always chose a little
// less than always, so loads come out somewhat more even than counted.
type TableSampler struct {
	t      *Tables
	h      Header
	dice   *dice
	until  []uint64   // running total of Occurrences
	source []int      // recorded layer used by each layer
	rename [][]uint16 // expert ids of each layer
	drawn
}

// NewTableSampler returns a source of d's tokens. d.Layers may exceed the
// recorded layers.
func NewTableSampler(t *Tables, d Draw) (*TableSampler, error) {
	h, err := d.header(t.Experts, t.TopK)
	if err != nil {
		return nil, err
	}
	if last := t.Recorded[len(t.Recorded)-1]; last >= d.Layers {
		return nil, fmt.Errorf("routing draw: found %d layers, want more as layer %d is recorded", d.Layers, last)
	}
	s := &TableSampler{t: t, h: h, dice: newDice(d.Seed, d.Stream), until: make([]uint64, len(t.Occurrences))}
	total := uint64(0)
	for i, n := range t.Occurrences {
		total += uint64(n)
		s.until[i] = total
	}
	for layer := range h.Layers {
		s.source = append(s.source, t.nearest(layer))
		s.rename = append(s.rename, layerPermutation(d.Seed, layer, t.Experts, t.Nearest(layer) != layer))
	}
	return s, nil
}

// layerPermutation returns a layer's expert ids: a permutation drawn from the
// seed alone, or the identity.
func layerPermutation(seed uint64, layer, experts int, shuffle bool) []uint16 {
	ids := make([]uint16, experts)
	for i := range ids {
		ids[i] = uint16(i)
	}
	if shuffle {
		d := newDice(seed, 0)
		d.at(drawPermutation, layer, 0)
		d.Shuffle(experts, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	return ids
}

// Header returns the shape of the draw.
func (s *TableSampler) Header() Header { return s.h }

// Next returns the next block, or io.EOF after the last token. It has no other
// error.
func (s *TableSampler) Next() (Block, error) { return s.drawn.block(s) }

// fill implements filler.
func (s *TableSampler) fill(b Block) {
	ids := make([]int, b.Tokens) // index in TokenIDs of each token
	for i := range ids {
		s.dice.at(drawTokenID, 0, b.First+i)
		x := s.dice.Uint64N(s.until[len(s.until)-1])
		ids[i], _ = slices.BinarySearch(s.until, x+1)
	}
	Parallel(len(b.Layers), func(layer int) { s.layer(b, layer, ids) })
}

// layer draws the choices of the block's tokens in one layer.
func (s *TableSampler) layer(b Block, layer int, ids []int) {
	rows, rename := &s.t.rows[s.source[layer]], s.rename[layer]
	k, streams := s.h.TopK, s.dice.tokens(drawExperts, layer)
	u := newUrn(s.h.Experts)
	weights := make([]float64, s.h.Experts)
	for i, id := range ids {
		from, to := rows.start[id], rows.start[id+1]
		for j, c := range rows.counts[from:to] {
			weights[j] = float64(c)
		}
		u.fill(weights[:to-from])
		p := streams.at(b.First + i)
		winners := b.Layers[layer].IDs[i*k : (i+1)*k]
		for w := range winners {
			p = p.step()
			winners[w] = rename[rows.experts[from+int(u.draw(p.number()))]]
		}
	}
}
