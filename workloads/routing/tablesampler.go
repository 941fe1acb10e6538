package routing

import (
	"fmt"
	"io"
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
	until  []uint64    // running total of Occurrences
	times  [][]float64 // 1/count of each recorded layer's rows
	source []int       // recorded layer used by each layer
	rename [][]uint16  // expert ids of each layer
	race   race
	ids    []int // index in TokenIDs of each token of the block
	block  Block
	next   int // tokens drawn
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
	n := min(drawBlock, h.Tokens)
	s := &TableSampler{
		t: t, h: h, dice: newDice(d.Seed, d.Stream), block: newBlock(h, n), ids: make([]int, n),
		times: make([][]float64, len(t.rows)), until: make([]uint64, len(t.Occurrences)),
	}
	total := uint64(0)
	for i, n := range t.Occurrences {
		total += uint64(n)
		s.until[i] = total
	}
	for i, rows := range t.rows {
		s.times[i] = make([]float64, len(rows.counts))
		for j, c := range rows.counts {
			s.times[i][j] = 1 / float64(c)
		}
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
func (s *TableSampler) Next() (Block, error) {
	if s.next == s.h.Tokens {
		return Block{}, io.EOF
	}
	b := s.block.slice(0, min(s.block.Tokens, s.h.Tokens-s.next), s.h.TopK)
	b.First = s.next
	for i := range b.Tokens {
		s.dice.at(drawTokenID, 0, b.First+i)
		x := s.dice.Uint64N(s.until[len(s.until)-1])
		s.ids[i], _ = slices.BinarySearch(s.until, x+1)
	}
	for layer := range b.Layers {
		s.layer(b, layer)
	}
	s.next += b.Tokens
	return b, nil
}

// layer draws the choices of the block's tokens in one layer.
func (s *TableSampler) layer(b Block, layer int) {
	rows, times := s.t.rows[s.source[layer]], s.times[s.source[layer]]
	rename, k := s.rename[layer], s.h.TopK
	for i := range b.Tokens {
		s.dice.at(drawExperts, layer, b.First+i)
		s.race.start(b.Layers[layer].IDs[i*k : (i+1)*k])
		for j := rows.start[s.ids[i]]; j < rows.start[s.ids[i]+1]; j++ {
			s.race.offer(rename[rows.experts[j]], s.dice.ExpFloat64()*times[j])
		}
	}
}
