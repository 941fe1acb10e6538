package chiplet

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
)

// writer turns Store ops into chunks and counts the acknowledgements.
type writer struct {
	comp *Comp
	// queues[p][class] are the stores that port p has still to send, in order.
	queues [][wire.NumClasses][]storeShare
	// acks is the number of shares whose last chunk is not yet acknowledged.
	acks int
}

// storeShare is the part of a store that goes to one stack.
type storeShare struct {
	op        int32
	stack     wire.NodeID
	remaining int64
}

func (w *writer) init(c *Comp) {
	w.comp = c
	w.queues = make([][wire.NumClasses][]storeShare, c.env.Ports)
}

func (w *writer) store(i int32) {
	c := w.comp
	o := &c.seq.dev.Ops[i]
	class := dataClass(o)
	c.seq.legs[i] = 1
	c.local.move(i, o.Bytes, false, true)
	for n, stack := range c.env.Stacks {
		amount := share(o.Bytes, n, len(c.env.Stacks))
		if amount == 0 {
			continue
		}
		c.seq.legs[i]++
		w.acks++
		p := c.env.Route[stack]
		w.queues[p][class] = append(w.queues[p][class], storeShare{i, stack, amount})
		w.pump(c.nop[p])
	}
}

// pump sends chunks of the first store of each class while the port has room.
func (w *writer) pump(p *port.Port) {
	for class := wire.ClassWeight; class <= wire.ClassActivation; class++ {
		queue := w.queues[p.Index][class]
		for len(queue) > 0 && p.CanSendVC(int(class)) {
			w.chunk(p, class, &queue[0])
			if queue[0].remaining == 0 {
				queue = append(queue[:0], queue[1:]...)
			}
		}
		w.queues[p.Index][class] = queue
	}
}

func (w *writer) chunk(p *port.Port, class wire.Class, s *storeShare) {
	c := w.comp
	n := min(s.remaining, c.env.ChunkBytes)
	s.remaining -= n
	pk := c.env.Pool.Get()
	pk.Kind, pk.Class, pk.Bytes = wire.KindWriteData, class, int32(n)
	pk.Source, pk.Dest, pk.Op = c.env.Node, s.stack, s.op
	pk.Last = s.remaining == 0
	c.inject(p, pk)
}

func (w *writer) acknowledged(i int32) {
	w.acks--
	if w.acks < 0 {
		panic(fmt.Sprintf("%s: an acknowledgement too many, for op %d", w.comp.Name(), i))
	}
	w.comp.seq.leg(i)
}

func (w *writer) idle() bool { return w.acks == 0 }
