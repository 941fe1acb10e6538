package op

import (
	"errors"
	"fmt"
)

// mostErrors bounds what Check reports of a program that is wrong throughout.
const mostErrors = 20

// checker collects what is wrong with a program.
type checker struct {
	*Program
	errs []error
	// named[d][i] counts the ops of other devices that have op i of device d as
	// their peer.
	named [][]int32
	// awaited are the ops that wait for what others send, in order.
	awaited []Peer
	sums    []int // scratch memory of table
}

// Check reports what keeps a program from being run: ops that wait for later
// ones, peers that do not expect what they are sent, tables that contradict
// themselves. The errors, at most 20, are joined.
func (p *Program) Check() error {
	c := &checker{Program: p}
	if len(p.Devices) < 2 {
		return fmt.Errorf("a program has an attention chiplet and at least one expert chiplet, not %d devices", len(p.Devices))
	}
	for i := range p.Devices {
		c.named = append(c.named, make([]int32, len(p.Devices[i].Ops)))
		if want := i - 1; p.Devices[i].Chiplet != want {
			c.failf("device %d is chiplet %d, want %d", i, p.Devices[i].Chiplet, want)
		}
	}
	for i := range p.Tables {
		c.table(i)
	}
	if len(c.errs) > 0 {
		return errors.Join(c.errs...) // ops cannot be checked against such tables
	}
	for d := range p.Devices {
		for i := range p.Devices[d].Ops {
			c.op(d, i)
		}
	}
	for _, at := range c.awaited {
		c.expected(int(at.Device), int(at.Op))
	}
	return errors.Join(c.errs...)
}

func (c *checker) failf(format string, args ...any) {
	if len(c.errs) < mostErrors {
		c.errs = append(c.errs, fmt.Errorf(format, args...))
	}
}

// table checks that the copies of a table are in order and add up.
func (c *checker) table(i int) {
	t := &c.Tables[i]
	chiplets := len(c.Devices) - 1
	if t.Tokens < 0 {
		c.failf("table %d has %d tokens", i, t.Tokens)
		return
	}
	if len(t.Assignments) != chiplets || len(t.Copied) != chiplets {
		c.failf("table %d counts %d and %d chiplets, want %d", i, len(t.Assignments), len(t.Copied), chiplets)
		return
	}
	assignments, copied := make([]int32, chiplets), make([]int32, chiplets)
	perToken := c.zeros(t.Tokens)
	for k, e := range t.Copies {
		if e.Token < 0 || int(e.Token) >= t.Tokens || int(e.Chiplet) >= chiplets {
			c.failf("table %d sends token %d of %d to chiplet %d of %d", i, e.Token, t.Tokens, e.Chiplet, chiplets)
			return
		}
		if k > 0 && !t.Copies[k-1].before(e) {
			c.failf("table %d is not sorted by token and chiplet at copy %d", i, k)
		}
		if e.Contributions == 0 || e.FanIn == 0 {
			c.failf("table %d: copy %d has %d contributions and fan-in %d, want at least 1", i, k, e.Contributions, e.FanIn)
		}
		assignments[e.Chiplet] += int32(e.Contributions)
		copied[e.Chiplet]++
		perToken[e.Token] += int(e.Contributions)
	}
	for chiplet := range chiplets {
		if assignments[chiplet] != t.Assignments[chiplet] || copied[chiplet] != t.Copied[chiplet] {
			c.failf("table %d: chiplet %d has %d assignments in %d copies, listed as %d in %d", i, chiplet, assignments[chiplet], copied[chiplet], t.Assignments[chiplet], t.Copied[chiplet])
		}
	}
	for token, n := range perToken {
		if n != t.PerToken {
			c.failf("table %d: token %d has %d expert outputs, want %d", i, token, n, t.PerToken)
		}
	}
}

// zeros returns so many zeros; the next call changes them.
func (c *checker) zeros(n int) []int {
	if cap(c.sums) < n {
		c.sums = make([]int, n)
	}
	c.sums = c.sums[:n]
	clear(c.sums)
	return c.sums
}

func (e Copy) before(f Copy) bool {
	return e.Token < f.Token || e.Token == f.Token && e.Chiplet < f.Chiplet
}

// op checks one op by itself and counts whom it names as a peer.
func (c *checker) op(d, i int) {
	dev := &c.Devices[d]
	o := &dev.Ops[i]
	for _, dep := range dev.Deps(i) {
		if dep < 0 || int(dep) >= i {
			c.failf("%v waits for op %d, want an earlier one", c.at(d, i), dep)
		}
	}
	if o.Phase >= NumPhases {
		c.failf("%v is in phase %d of %d", c.at(d, i), o.Phase, NumPhases)
	}
	if int(o.Label) >= len(c.Labels.names) {
		c.failf("%v has label %d of %d", c.at(d, i), o.Label, len(c.Labels.names))
	}
	if o.Allocate < 0 || o.Release < 0 {
		c.failf("%v allocates %d bytes and releases %d, want at least 0", c.at(d, i), o.Allocate, o.Release)
	}
	switch o.Kind {
	case Gemm:
		if o.M < 1 || o.K < 1 || o.N < 1 || o.Count < 1 {
			c.failf("%v multiplies %d times %d x %d by %d x %d, want at least 1", c.at(d, i), o.Count, o.M, o.K, o.K, o.N)
		}
	case Vector:
		if o.M < 1 || o.K < 1 || o.Bytes < 0 {
			c.failf("%v has %d elements, %d operations each and %d bytes", c.at(d, i), o.M, o.K, o.Bytes)
		}
	case Load, Store:
		if o.Bytes < 1 {
			c.failf("%v moves %d bytes, want at least 1", c.at(d, i), o.Bytes)
		}
	case Send, Receive:
		c.awaited = append(c.awaited, Peer{int32(d), int32(i)})
		if o.Table < 0 || int(o.Table) >= len(c.Tables) {
			c.failf("%v has table %d of %d", c.at(d, i), o.Table, len(c.Tables))
			return
		}
		c.send(d, i)
	case Signal:
		for _, peer := range dev.Peers(i) {
			c.peer(d, i, peer, Await)
		}
	case Await:
		c.awaited = append(c.awaited, Peer{int32(d), int32(i)})
		if o.Signals < 0 {
			c.failf("%v waits for %d signals", c.at(d, i), o.Signals)
		}
	default:
		c.failf("%v is of an unknown kind", c.at(d, i))
	}
}

// send checks that a Send has a Receive for each chiplet it reaches.
func (c *checker) send(d, i int) {
	dev := &c.Devices[d]
	if dev.Ops[i].Kind != Send {
		return
	}
	peers := dev.Peers(i)
	want := len(c.Devices) - 1
	if d > 0 {
		want = 1
	}
	if len(peers) != want {
		c.failf("%v has %d peers, want %d", c.at(d, i), len(peers), want)
		return
	}
	for k, peer := range peers {
		to := int32(k + 1)
		if d > 0 {
			to = 0
		}
		if peer.Device != to {
			c.failf("%v reaches device %d as peer %d, want device %d", c.at(d, i), peer.Device, k, to)
			continue
		}
		if !c.peer(d, i, peer, Receive) {
			continue
		}
		if r := &c.Devices[peer.Device].Ops[peer.Op]; r.Table != dev.Ops[i].Table {
			c.failf("%v has table %d, %v has table %d", c.at(d, i), dev.Ops[i].Table, c.at(int(peer.Device), int(peer.Op)), r.Table)
		}
	}
}

// peer checks that an op names an op of a kind on another device, and counts it.
func (c *checker) peer(d, i int, peer Peer, want Kind) bool {
	if peer.Device < 0 || int(peer.Device) >= len(c.Devices) || int(peer.Device) == d {
		c.failf("%v reaches device %d, want another one of %d", c.at(d, i), peer.Device, len(c.Devices))
		return false
	}
	ops := c.Devices[peer.Device].Ops
	if peer.Op < 0 || int(peer.Op) >= len(ops) || ops[peer.Op].Kind != want {
		c.failf("%v reaches op %d of device %d, want one of kind %v", c.at(d, i), peer.Op, peer.Device, want)
		return false
	}
	c.named[peer.Device][peer.Op]++
	return true
}

// expected checks that what an op waits for is what others send.
func (c *checker) expected(d, i int) {
	o := &c.Devices[d].Ops[i]
	named := c.named[d][i]
	switch o.Kind {
	case Await:
		if named != o.Signals {
			c.failf("%v waits for %d signals and gets %d", c.at(d, i), o.Signals, named)
		}
	case Receive, Send:
		c.tokens(d, i, named)
	}
}

func (c *checker) tokens(d, i int, named int32) {
	o := &c.Devices[d].Ops[i]
	if o.Table < 0 || int(o.Table) >= len(c.Tables) {
		return
	}
	t := &c.Tables[o.Table]
	senders, want := int32(1), int64(0)
	switch {
	case o.Kind == Receive && d == 0:
		senders, want = int32(len(c.Devices)-1), int64(t.Tokens)
	case o.Kind == Receive:
		want = t.Packets(d-1, c.Dispatch)
	case d == 0:
		senders, want = 0, o.Tokens // follows from the groups, which a program does not know
	default:
		senders, want = 0, t.Results(d-1, c.Combine)
	}
	if named != senders {
		c.failf("%v is the peer of %d ops, want %d", c.at(d, i), named, senders)
	}
	if o.Tokens != want {
		c.failf("%v is for %d packets, its table says %d", c.at(d, i), o.Tokens, want)
	}
}

// at names an op in an error.
func (c *checker) at(d, i int) string {
	return fmt.Sprintf("device %d, op %d (%v)", d, i, c.Devices[d].Ops[i].Kind)
}
