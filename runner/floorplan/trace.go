package floorplan

import "fmt"

// Trace is the energy of every block of a package, slot by slot of time.
type Trace struct {
	Plan Plan
	// SlotS is the length of a slot in seconds, TotalS the time that Slots cover: the last
	// slot may reach beyond it.
	SlotS, TotalS float64
	Slots         int

	die    map[string]int
	joules []map[string][]float64 // by die, then by block
}

// NewTrace is a trace without energy, of so many slots over a total time, both above 0.
func NewTrace(p Plan, slotS, totalS float64, slots int) *Trace {
	t := &Trace{Plan: p, SlotS: slotS, TotalS: totalS, Slots: slots, die: map[string]int{}}
	for i, d := range p.Dies {
		t.die[d.Name] = i
		blocks := map[string][]float64{}
		for _, l := range [2]Layer{d.Die.Logic, d.Die.Memory} {
			for _, b := range l.Blocks {
				blocks[b.Name] = make([]float64, slots)
			}
		}
		t.joules = append(t.joules, blocks)
	}
	return t
}

// Add adds energy in joules, slot by slot, to a block of a die. A die or block that is
// not there is an error.
func (t *Trace) Add(die, block string, joules []float64) error {
	i, ok := t.die[die]
	if !ok {
		return fmt.Errorf("floorplan: no die %q", die)
	}
	sums, ok := t.joules[i][block]
	if !ok {
		return fmt.Errorf("floorplan: no block %q on die %q", block, die)
	}
	for s, j := range joules {
		sums[s] += j
	}
	return nil
}

// AddEvenly adds energy to all blocks of a die in proportion to their areas.
func (t *Trace) AddEvenly(die string, joules []float64) error {
	i, ok := t.die[die]
	if !ok {
		return fmt.Errorf("floorplan: no die %q", die)
	}
	d := &t.Plan.Dies[i].Die
	active := d.ActiveMM2()
	for _, l := range [2]Layer{d.Logic, d.Memory} {
		for _, b := range l.Blocks {
			sums := t.joules[i][b.Name]
			for s, j := range joules {
				sums[s] += float64(j * (b.MM2 / active))
			}
		}
	}
	return nil
}

// LinkBlock is the block of a die where the wires of its links end.
func (t *Trace) LinkBlock(die string) string {
	if i, ok := t.die[die]; ok && t.Plan.Dies[i].Kind == Stack {
		return DRAM
	}
	return Links
}

// Joules is the energy of all blocks in all slots.
func (t *Trace) Joules() float64 {
	sum := 0.0
	for i, d := range t.Plan.Dies {
		for _, l := range [2]Layer{d.Die.Logic, d.Die.Memory} {
			for _, b := range l.Blocks {
				for _, j := range t.joules[i][b.Name] {
					sum += j
				}
			}
		}
	}
	return sum
}
