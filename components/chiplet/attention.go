package chiplet

import (
	"fmt"

	"mozart/interconnect/port"
	"mozart/interconnect/wire"
	"mozart/workloads/op"
)

// NewAttention builds the attention chiplet: it dispatches tokens and combines
// what returns.
func NewAttention(env Env, spec Spec) (*Comp, error) {
	c, err := newComp(env, spec)
	if err != nil {
		return nil, err
	}
	c.tokens = &root{
		comp: c, active: op.None,
		cursors: make([]cursor, env.Ports),
		slots:   make([]*combining, len(c.seq.dev.Ops)),
	}
	return c, nil
}

// root is the token side of the attention chiplet.
type root struct {
	comp   *Comp
	active int32 // the dispatch being sent, or None
	queue  []int32
	// cursors[p] is where port p stands in the active dispatch's table.
	cursors []cursor
	sending int // ports that have not reached the end of the table
	slots   []*combining
	free    []*combining
	open    int // combines that have begun and are not complete
}

// cursor is a position in a table: the copy, and how many of its packets have
// been sent when there is one for each expert.
type cursor struct {
	copy int
	sent uint8
	done bool
}

// combining counts the expert outputs that return for one micro-batch.
type combining struct {
	armed   bool
	left    []uint16 // by token
	missing int64    // over all tokens
	unread  int64    // bytes of old sums still to be read from SRAM
}

func (r *root) send(i int32) {
	r.queue = append(r.queue, i)
	r.next()
}

// next starts the oldest dispatch if none is being sent.
func (r *root) next() {
	if r.active != op.None || len(r.queue) == 0 {
		return
	}
	c := r.comp
	i := r.queue[0]
	r.queue = append(r.queue[:0], r.queue[1:]...)
	r.active = i
	r.sending = len(r.cursors)
	for p := range r.cursors {
		r.cursors[p] = cursor{}
	}
	o := &c.seq.dev.Ops[i]
	c.stats.TokensDispatched += distinctTokens(r.table(i))
	c.seq.legs[i] = 2 // read from SRAM, sent
	c.local.move(i, o.Tokens*c.env.Program.TokenBytes, false, true)
	for _, p := range c.nop {
		c.pump(p)
	}
}

func distinctTokens(t *op.Table) int64 {
	n := int64(0)
	last := op.TokenID(op.None)
	for i := range t.Copies {
		if t.Copies[i].Token != last {
			last = t.Copies[i].Token
			n++
		}
	}
	return n
}

func (r *root) table(i int32) *op.Table {
	return &r.comp.env.Program.Tables[r.comp.seq.dev.Ops[i].Table]
}

// pump sends the next copies that leave through port p while it has room.
func (r *root) pump(p *port.Port) {
	if r.active == op.None || r.cursors[p.Index].done {
		return
	}
	at := &r.cursors[p.Index]
	t := r.table(r.active)
	for at.copy < len(t.Copies) {
		if r.portOf(t.Copies[at.copy].Chiplet) != p.Index {
			at.copy++
			continue
		}
		if !p.CanSendVC(int(wire.ClassToken)) {
			return
		}
		r.dispatch(p, t, at)
	}
	at.done = true
	r.sending--
	if r.sending > 0 {
		return
	}
	i := r.active
	r.active = op.None
	r.comp.seq.leg(i)
	r.next()
}

func (r *root) portOf(chiplet uint16) int {
	env := &r.comp.env
	return env.Route[env.Devices[1+chiplet]]
}

// dispatch sends one packet of the copy under the cursor and advances it.
func (r *root) dispatch(p *port.Port, t *op.Table, at *cursor) {
	c := r.comp
	entry := t.Copies[at.copy]
	peer := c.seq.dev.Peers(int(r.active))[entry.Chiplet]
	pk := c.env.Pool.Get()
	pk.Kind, pk.Class, pk.Bytes = wire.KindDispatch, wire.ClassToken, int32(c.env.Program.TokenBytes)
	pk.Source, pk.Dest, pk.Op = c.env.Node, c.env.Devices[peer.Device], peer.Op
	pk.Token = int32(entry.Token)
	switch c.env.Program.Dispatch {
	case op.DispatchPerExpert:
		pk.Contributions = 1
		r.fanIn(pk, t, at.copy)
		at.sent++
		if at.sent == entry.Contributions {
			at.copy, at.sent = at.copy+1, 0
		}
	case op.DispatchPerChiplet:
		pk.Contributions = uint16(entry.Contributions)
		r.fanIn(pk, t, at.copy)
		at.copy++
	case op.DispatchPerGroup:
		r.gather(p, t, at, pk)
	}
	c.stats.CopiesSent++
	c.stats.ContributionsAsked += int64(pk.Contributions)
	c.inject(p, pk)
}

// gather makes pk the one packet for all copies of its token behind port p. Each
// switch on the way finds the fan-in when it splits the packet.
func (r *root) gather(p *port.Port, t *op.Table, at *cursor, pk *wire.Packet) {
	c := r.comp
	c.env.Pool.Equip(pk)
	peers := c.seq.dev.Peers(int(r.active))
	token := t.Copies[at.copy].Token
	for ; at.copy < len(t.Copies) && t.Copies[at.copy].Token == token; at.copy++ {
		entry := t.Copies[at.copy]
		if r.portOf(entry.Chiplet) != p.Index {
			continue
		}
		peer := peers[entry.Chiplet]
		pk.Branch(wire.Branch{Dest: c.env.Devices[peer.Device], Op: peer.Op, Contributions: uint16(entry.Contributions)})
	}
}

// fanIn writes into a packet for copy k what its switches wait for on the way up.
func (r *root) fanIn(pk *wire.Packet, t *op.Table, k int) {
	pk.FanIn = uint16(t.Copies[k].FanIn)
	below := r.comp.env.Below
	for i := 1; i < len(below); i++ {
		pk.UpperFanIn[i-1] = uint8(switches(t.Copies, k, below[i-1], below[i]))
	}
}

// switches is how many of the switches with few chiplets each have copies of the same
// token as copy k, among those of its switch with many.
func switches(copies []op.Copy, k, few, many int) int {
	token, above := copies[k].Token, int(copies[k].Chiplet)/many
	for k > 0 && copies[k-1].Token == token && int(copies[k-1].Chiplet)/many == above {
		k--
	}
	n, last := 0, -1
	for ; k < len(copies) && copies[k].Token == token && int(copies[k].Chiplet)/many == above; k++ {
		if s := int(copies[k].Chiplet) / few; s != last {
			last = s
			n++
		}
	}
	return n
}

// slot returns the counters of a combine, which begins with its first packet or
// when the program reaches it, whichever is first.
func (r *root) slot(i int32) *combining {
	s := r.slots[i]
	if s != nil {
		return s
	}
	if n := len(r.free); n > 0 {
		s, r.free = r.free[n-1], r.free[:n-1]
	} else {
		s = &combining{}
	}
	t := r.table(i)
	s.armed, s.unread = false, 0
	s.left = s.left[:0]
	for range t.Tokens {
		s.left = append(s.left, uint16(t.PerToken))
	}
	s.missing = int64(t.Tokens) * int64(t.PerToken)
	r.slots[i] = s
	r.open++
	return s
}

func (r *root) arm(i int32) {
	s := r.slot(i)
	s.armed = true
	r.complete(i, s)
}

func (r *root) arrived(a *arrival) {
	c := r.comp
	i := a.op
	c.seq.first(i, a.sent)
	s := r.slot(i)
	if s.left[a.token] < a.contributions {
		panic(fmt.Sprintf("%s: token %d got %d expert outputs, %d were missing", c.Name(), a.token, a.contributions, s.left[a.token]))
	}
	if int(s.left[a.token]) < r.table(i).PerToken {
		r.sum(i, s, int64(a.bytes))
	}
	s.left[a.token] -= a.contributions
	s.missing -= int64(a.contributions)
	c.stats.ContributionsReturned += int64(a.contributions)
	if s.left[a.token] == 0 {
		c.stats.TokensCombined++
	}
	c.reader.fill(i, int64(a.bytes), false)
	r.complete(i, s)
}

// Lacks is how many packets the busiest of so many links at least has to bring before
// Receive op i of an attention chiplet has all expert outputs: a packet brings no
// more than all outputs of a token, and one may have arrived in part.
func (c *Comp) Lacks(i int32, links int) int64 {
	r := c.tokens.(*root)
	if c.reader.complete[i] {
		return 0
	}
	t := r.table(i)
	missing := int64(t.Tokens) * int64(t.PerToken)
	if s := r.slots[i]; s != nil {
		missing = s.missing - c.coming.ops[i].contributions
	}
	return max(0, missing/int64(t.PerToken)/int64(links)-1)
}

func (r *root) completes(i int32, e *expected) bool {
	s := r.slot(i)
	return s.missing <= e.contributions || s.unread+e.bytes >= writeBatchBytes
}

// sum reads the old sums that all outputs of a token but the first are added to,
// in batches like the writes; the adders sit at the NoP ports and keep up with
// the links.
func (r *root) sum(i int32, s *combining, bytes int64) {
	s.unread += bytes
	if s.unread >= writeBatchBytes {
		r.comp.local.move(i, s.unread, false, false)
		s.unread = 0
	}
}

// complete ends a combine that is armed and lacks nothing, once its last bytes
// are in SRAM.
func (r *root) complete(i int32, s *combining) {
	if !s.armed || s.missing > 0 {
		return
	}
	if s.unread > 0 {
		r.comp.local.move(i, s.unread, false, false)
	}
	r.slots[i] = nil
	r.free = append(r.free, s)
	r.open--
	r.comp.seq.first(i, r.comp.clock.Now())
	r.comp.seq.legs[i] = 1
	r.comp.reader.fill(i, 0, true)
}

func (r *root) idle() bool { return r.active == op.None && len(r.queue) == 0 && r.open == 0 }

func (r *root) waits() []port.Wait {
	var waits []port.Wait
	for i, s := range r.slots {
		if s != nil && s.missing > 0 {
			waits = append(waits, port.Wait{From: r.comp.Name(), Why: fmt.Sprintf("op %d: %d expert outputs have not returned", i, s.missing)})
		}
	}
	return waits
}
