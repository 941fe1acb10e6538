package analytic

import (
	"cmp"
	"slices"

	"mozart/workloads/op"
)

// course is how one chiplet gets through an exchange, in cycles from the arrival of
// the tokens.
type course struct {
	works []interval
	end   float64
}

// interval is the cycles in which a chiplet works without a pause.
type interval struct{ from, to float64 }

// work appends work that begins when all it waits for has come.
func (k *course) work(cycles float64, after ...float64) {
	from := k.end
	for _, t := range after {
		from = max(from, t)
	}
	k.end = from + cycles
	k.works = append(k.works, interval{from, k.end})
}

// experts charges the work of an exchange between its ways down and up: that of
// the experts, and beside it that of shared experts at the attention chiplet. Of the
// two phases the earlier is charged in full, the other with what it needs beyond. It
// returns the time of both.
func (c *composer) experts(e *exchange, arrivals [][]float64) float64 {
	shared := c.beside(&e.during[attention])
	routed := c.courses(e, arrivals)
	c.before.finished = routed
	all := append(slices.Clone(routed), shared)
	total := 0.0
	for _, k := range all {
		total = max(total, k.end)
	}
	both := working(all)
	if e.backward() {
		of := working(routed)
		c.charge(op.BackwardExpert, of, expertWork)
		c.charge(op.BackwardAttention, both-of, attentionWork)
	} else {
		of := working([]course{shared})
		c.charge(op.ForwardAttention, of, attentionWork)
		c.charge(op.ForwardExpert, both-of, expertWork)
	}
	gap := total - both
	gap -= c.charge(e.weights(), min(gap, latest(arrivals)), groupStacks)
	memory := op.ForwardSave
	if e.backward() {
		memory = op.BackwardRestore
	}
	c.charge(memory, gap, groupStacks)
	return total
}

// beside is how the attention chiplet gets through an exchange.
func (c *composer) beside(s *segment) (k course) {
	for _, it := range s.items {
		transfer := 0.0
		if !c.overlap.Activations {
			transfer = c.transfer(attention, it, 0)
		}
		if it.load {
			k.end += transfer
			k.work(it.work)
			continue
		}
		k.work(it.work)
		k.end += transfer
	}
	k.work(s.rest)
	return k
}

// courses of all expert chiplets, by device. How many transfers slow each other down
// depends on how long the courses are: a third round changes little.
func (c *composer) courses(e *exchange, arrivals [][]float64) []course {
	out := make([]course, len(e.during))
	const rounds = 4
	for range rounds {
		for d := 1; d < len(out); d++ {
			x := expert{composer: c, e: e, d: d, arrivals: arrivals[d], others: c.crowd(e, d, out[d].end)}
			out[d] = x.course()
		}
	}
	return out
}

// crowd is the mean number of other chiplets of the group that save or restore during
// so many cycles of chiplet d's course. Copies are not in it, which all have at the
// same time.
func (c *composer) crowd(e *exchange, d int, cycles float64) float64 {
	if cycles == 0 {
		return 0
	}
	n := 0.0
	for k := 1; k < len(e.during); k++ {
		if k == d || !c.neighbors(k, d) || len(e.during[k].items) == 0 {
			continue
		}
		busy := 0.0
		for _, it := range e.during[k].items[1:] {
			busy += c.moving(k, it, 0)
		}
		n += min(1, busy/cycles)
	}
	return n
}

// expert is one expert chiplet in an exchange.
type expert struct {
	*composer
	e        *exchange
	d        int
	arrivals []float64 // of its weights
	others   float64   // that save or restore beside it
}

func (x *expert) course() (k course) {
	s := &x.e.during[x.d]
	if len(s.items) == 0 {
		k.work(s.rest)
		return k
	}
	load := s.items[0].load
	switch {
	case x.overlap.Activations && load:
		x.restored(&k, s.items[1:])
	case x.overlap.Activations:
		x.saved(&k, s.items[1:])
	case load:
		k.end = x.together()
		for i, it := range s.items[1:] {
			if i > 0 { // the first has come with the copies
				k.end += x.transfer(x.d, it, x.others)
			}
			k.work(it.work, x.ready(it))
		}
	default:
		k.end = x.together()
		for _, it := range s.items[1:] {
			k.work(it.work, x.ready(it))
			k.end += x.transfer(x.d, it, x.others)
		}
	}
	k.work(s.rest)
	return k
}

// saved works on items that are stored behind it: on each when the last but one
// before it is stored.
func (x *expert) saved(k *course, items []item) {
	before, stored := 0.0, x.together()
	for _, it := range items {
		k.work(it.work, before, x.ready(it))
		before, stored = stored, max(stored+x.moving(x.d, it, x.others), k.end+x.transfer(x.d, it, x.others))
	}
}

// restored works on items that are loaded before it, each when the last but one
// before it is done. The first two have come before the exchange.
func (x *expert) restored(k *course, items []item) {
	done, loaded := 0.0, 0.0
	for i, it := range items {
		if i >= 2 {
			loaded = max(loaded+x.moving(x.d, it, x.others), done+x.transfer(x.d, it, x.others))
		}
		done = k.end
		k.work(it.work, loaded, x.ready(it))
	}
}

// ready is when the weights of an item have come.
func (x *expert) ready(it item) float64 {
	for i := range x.arrivals {
		if x.e.before[x.d].weights[i].expert == it.expert {
			return x.arrivals[i]
		}
	}
	return 0
}

// together is the time until a chiplet has saved its copies of tokens, or restored
// them and the first expert's activations, if all chiplets of the group begin at once
// and share evenly.
func (x *expert) together() float64 {
	during := x.e.during
	p := x.stores[x.d]
	if during[x.d].items[0].load {
		p = x.loads[x.d]
	}
	mine, sum := during[x.d].opening(), 0.0
	for k := 1; k < len(during); k++ {
		if x.neighbors(k, x.d) {
			sum += min(mine, during[k].opening())
		}
	}
	return max(mine/p.own, sum/p.common) + x.answer(x.d, during[x.d].items[0].load)
}

// opening is how much a segment moves before anything else, bytes.
func (s *segment) opening() float64 {
	bytes := int64(0)
	for i, it := range s.items {
		if i == 0 || i == 1 && it.load {
			bytes += it.bytes
		}
	}
	return float64(bytes)
}

// working is the time in which at least one of some chiplets works.
func working(courses []course) float64 {
	var all []interval
	for _, k := range courses {
		all = append(all, k.works...)
	}
	slices.SortFunc(all, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	sum, until := 0.0, 0.0
	for _, i := range all {
		if i.to > until {
			sum += i.to - max(i.from, until)
			until = i.to
		}
	}
	return sum
}
