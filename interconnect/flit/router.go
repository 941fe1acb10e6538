package flit

import (
	"fmt"
	"math/bits"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
	"mozart/interconnect/stats"
	"mozart/interconnect/wire"
)

var (
	_ sim.Component = (*Router)(nil)
	_ port.Part     = (*Router)(nil)
	_ port.Sleeper  = (*Router)(nil)
)

// States of an input VC.
const (
	vcIdle    = iota // empty, no packet
	vcRouting        // the head waits for its route or for the time of VC allocation
	vcWaiting        // the head takes part in VC allocation
	vcActive         // the packet holds an output VC
)

// inputVC is a virtual channel of an input with its buffer, a circle that grows to its
// working size once.
type inputVC struct {
	buf     []flit
	head, n int32
	state   uint8
	class   uint8
	lane    uint8 // of the output VCs
	outVC   uint8
	outPort int32
	// since is from when on the front flit has waited in its present stage, dueAt when
	// its next one begins, if it is in the calendar.
	since, dueAt int64
	// fan is the copies of a multicast, nil for a packet that has one output.
	fan       *fan
	spareFan  *fan
	left      int64 // flits that have left the buffer
	occupancy occupancy
	// wait counts the flits that have left by the cycles from their arrival to the wire.
	wait stats.Histogram
}

// input is an input port.
type input struct {
	up upstream
	// ready is the set of VCs whose front flit has credit and may ask for the switch.
	ready uint64
	// steerPort is what Steering and the routing are told: -1 at a local port.
	steerPort int
}

// Router is an input-queued virtual-channel router. It implements sim.Component and
// port.Part.
type Router struct {
	*sim.ComponentBase

	net      *Network
	packets  *packetPool
	node     wire.NodeID
	alarm    port.Alarm
	spec     *RouterSpec
	sets     *sets
	vcs      int
	ports    int
	speedup  int
	inputs   []input
	vc       []inputVC // by port times vcs plus VC
	outputs  []tx
	arrivals calendar[flit]
	// due is, by cycle, the input VCs whose front flit begins a stage then.
	due calendar[int32]
	// waiting is the input VCs whose head takes part in VC allocation, in no order;
	// won those that got a VC in this cycle; freed the output VCs that a tail left in
	// this cycle.
	waiting, won, freed []int32
	// withheld is the output VCs that are kept for a multicast in this cycle.
	withheld []int32
	// multicasts is the number of waiting heads that are multicasts.
	multicasts  int
	readyPorts  []uint64
	vcReqs      []VCRequest
	swReqs      []SwitchRequest
	vcAllocator VCAllocator
	swAllocator SwitchAllocator
	// turns is, by crossbar input, the VC whose turn it is; stride the VCs of each part
	// of an input.
	turns  []int32
	stride []uint64
	shares []share // by output, nil if there is one class
	// asked says which request of the crossbar input being looked at is for an output,
	// if its mark is of this look.
	asked []asked
	look  int64
	// linkFree is the first cycle in which a wire becomes free that a ready flit waits
	// for.
	linkFree int64
	// retry says that a waiting head that got no VC in this cycle can get one in the
	// next, even if none becomes free.
	retry bool
	// turnOver is when VCs stop being kept for a multicast, never if none are.
	turnOver int64
	// stalled is the number of output VCs that a flit waits for credit of.
	stalled int
	now     int64
	moved   int64 // flits that have left
}

type asked struct {
	look    int64
	request int32
}

// Handle implements sim.Handler. A router is woken by its alarm.
func (r *Router) Handle(sim.Event) error { return nil }

// NotifyRecv implements sim.Component. A router has no ports of Akita's.
func (r *Router) NotifyRecv(sim.Port) {}

// NotifyPortFree implements sim.Component. A router has no ports of Akita's.
func (r *Router) NotifyPortFree(sim.Port) {}

// receive takes a flit that arrives in a cycle to come.
func (r *Router) receive(f flit, cycle int64) {
	f.at = cycle
	r.arrivals.add(cycle, f)
	r.alarm.Set(cycle)
}

// Wake implements port.Sleeper: one cycle of the router.
func (r *Router) Wake(_ *port.Alarm, now int64) {
	r.now, r.linkFree, r.turnOver, r.retry = now, never, never, false
	for _, f := range r.arrivals.take(now) {
		r.queue(f, now)
	}
	for _, e := range r.due.take(now) {
		r.begin(e, now)
	}
	r.takeCredits(now)
	if len(r.waiting) > 0 {
		r.allocateVCs(now)
	}
	r.allocateSwitch(now)
	for _, i := range r.won {
		r.later(i, now+r.spec.Delays.SA, now)
	}
	r.won = r.won[:0]
	r.sleep(now, r.release())
}

// release frees the output VCs that tails have left: others see it in the next cycle.
func (r *Router) release() bool {
	any := len(r.freed) > 0
	for _, o := range r.freed {
		r.outputs[o/int32(r.vcs)].free |= 1 << (o % int32(r.vcs))
	}
	r.freed = r.freed[:0]
	return any
}

// sleep sets the alarm for the next cycle in which there is something to do.
func (r *Router) sleep(now int64, freed bool) {
	next := min(r.arrivals.next(now), r.due.next(now), r.linkFree, r.turnOver)
	if next > now+1 && (len(r.waiting) > 0 && (freed || r.retry) || r.anyReady(now)) {
		next = now + 1
	}
	if r.stalled > 0 {
		for o := range r.outputs {
			next = min(next, r.outputs[o].creditCycle())
		}
	}
	if next != never {
		r.alarm.Set(next)
	}
}

// anyReady reports whether a flit can ask for the switch in the next cycle, other than
// those that wait for a wire.
func (r *Router) anyReady(now int64) bool {
	x := now + 1 + r.spec.Delays.ST
	for w, word := range r.readyPorts {
		for ; word != 0; word &= word - 1 {
			in := w<<6 | bits.TrailingZeros64(word)
			if r.linkFree == never {
				return true
			}
			for m := r.inputs[in].ready; m != 0; m &= m - 1 {
				v := &r.vc[in*r.vcs+bits.TrailingZeros64(m)]
				if v.fan == nil && r.outputs[v.outPort].freeFrom <= x || v.fan != nil && r.anyCopyFree(v.fan, x) {
					return true
				}
			}
		}
	}
	return false
}

// later has the front flit of an input VC ask for the switch from a cycle on.
func (r *Router) later(i int32, cycle, now int64) {
	if cycle <= now+1 {
		r.offer(i, cycle)
		return
	}
	r.putDown(i, cycle)
}

// putDown has the next stage of an input VC begin in a cycle to come.
func (r *Router) putDown(i int32, cycle int64) {
	r.vc[i].dueAt = cycle
	r.due.add(cycle, i)
}

// queue puts a flit that has arrived into its buffer.
func (r *Router) queue(f flit, now int64) {
	i := int32(f.port)*int32(r.vcs) + int32(f.vc)
	v := &r.vc[i]
	v.push(f)
	if int(v.n) > r.spec.VCBufferFlits {
		panic(fmt.Sprintf("%s: more flits than the buffer of VC %d of input %d holds", r.Name(), f.vc, f.port))
	}
	v.occupancy.set(v.n, now)
	switch {
	case v.state == vcActive && (v.n == 1 || v.fan != nil):
		if d := r.spec.Delays.SA - 1; d > 0 {
			r.putDown(i, now+d)
		} else {
			r.offer(i, now)
		}
	case v.state == vcIdle:
		r.route(i, now)
	}
}

// begin starts the stage that the front flit of an input VC has waited for.
func (r *Router) begin(i int32, now int64) {
	v := &r.vc[i]
	switch {
	case v.fan != nil && v.state == vcActive:
		r.offerCopies(i, now)
	case v.dueAt != now: // left over from a multicast that is gone
	case v.state == vcRouting:
		r.wait(i, now)
	case v.state == vcActive:
		r.offer(i, now)
	}
}

// wait lets a head take part in VC allocation from a cycle on.
func (r *Router) wait(i int32, cycle int64) {
	v := &r.vc[i]
	v.state, v.since = vcWaiting, cycle
	r.retry = r.retry || cycle > r.now
	r.waiting = append(r.waiting, i)
	if v.fan != nil {
		r.multicasts++
	}
}

// route finds the way of the head at the front of an input VC, where it is in cycle
// front.
func (r *Router) route(i int32, front int64) {
	v := &r.vc[i]
	in, vc := int(i)/r.vcs, int(i)%r.vcs
	p := v.buf[v.head].p
	if v.buf[v.head].kind&headFlit == 0 {
		panic(fmt.Sprintf("%s: a packet without a head at VC %d of input %d", r.Name(), vc, in))
	}
	at := r.inputs[in].steerPort
	if !p.Steered || !r.steer(v, at, p) {
		if out, lane := r.net.graph.Hop(r.node, at, r.sets.lane[vc], p.Dest); out >= 0 {
			v.outPort, v.lane = int32(out), lane
		} else {
			panic(fmt.Sprintf("%s: no way to node %d", r.Name(), p.Dest))
		}
	}
	v.class = r.sets.class[vc]
	v.state = vcRouting
	if cycle := front + r.spec.Delays.RC + r.spec.Delays.VA - 1; cycle > front {
		r.putDown(i, cycle)
	} else {
		r.wait(i, cycle)
	}
}

// offer lets the front flit of an input VC ask for the switch from a cycle on, as soon
// as there is credit.
func (r *Router) offer(i int32, cycle int64) {
	v := &r.vc[i]
	if v.fan != nil {
		r.offerCopies(i, cycle)
		return
	}
	t := &r.outputs[v.outPort]
	if !t.hasCredit(int(v.outVC), r.now) {
		r.stall(t, int(v.outVC), cycle)
		return
	}
	v.since = cycle
	r.setReady(int(i)/r.vcs, int(i)%r.vcs)
}

func (r *Router) setReady(in, vc int) {
	r.inputs[in].ready |= 1 << vc
	r.readyPorts[in>>6] |= 1 << (in & 63)
}

func (r *Router) clearReady(in, vc int) {
	r.inputs[in].ready &^= 1 << vc
	if r.inputs[in].ready == 0 {
		r.readyPorts[in>>6] &^= 1 << (in & 63)
	}
}

// stall has a flit wait for the credit of an output VC since a cycle.
func (r *Router) stall(t *tx, vc int, since int64) {
	if t.blocked>>vc&1 == 0 {
		t.block(vc, since)
		r.stalled++
	}
}

// takeCredits lets the flits go on that have waited for credit.
func (r *Router) takeCredits(now int64) {
	if r.stalled == 0 {
		return
	}
	for o := range r.outputs {
		t := &r.outputs[o]
		if t.blocked == 0 {
			continue
		}
		t.collect(now)
		for m := t.blocked; m != 0; m &= m - 1 {
			vc := bits.TrailingZeros64(m)
			if t.vcs[vc].credits > 0 {
				t.unblock(vc, now, r.spec.Delays.ST)
				r.stalled--
				r.offer(t.vcs[vc].holder, now)
			}
		}
	}
}

func (v *inputVC) push(f flit) {
	if int(v.n) == len(v.buf) {
		next := make([]flit, max(4, 2*len(v.buf)))
		for i := range v.n {
			next[i] = v.buf[(v.head+i)&int32(len(v.buf)-1)]
		}
		v.buf, v.head = next, 0
	}
	v.buf[(v.head+v.n)&int32(len(v.buf)-1)] = f
	v.n++
}

func (v *inputVC) pop() flit {
	f := v.buf[v.head]
	v.buf[v.head].p = nil
	v.head = (v.head + 1) & int32(len(v.buf)-1)
	v.n--
	return f
}
