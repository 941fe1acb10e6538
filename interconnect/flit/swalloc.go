package flit

import "math/bits"

// allocateSwitch lets ready flits ask for the crossbar and sends those that win.
func (r *Router) allocateSwitch(now int64) {
	r.swReqs = r.swReqs[:0]
	for w, word := range r.readyPorts {
		for ; word != 0; word &= word - 1 {
			in := w<<6 | bits.TrailingZeros64(word)
			if r.speedup == 1 {
				r.ask(int32(in), in, r.inputs[in].ready, now)
				continue
			}
			for k, stride := range r.stride {
				if part := r.inputs[in].ready & stride; part != 0 {
					r.ask(int32(in*r.speedup+k), in, part, now)
				}
			}
		}
	}
	if len(r.swReqs) == 0 {
		return
	}
	r.swAllocator.Allocate(r.swReqs)
	for k := range r.swReqs {
		if q := &r.swReqs[k]; q.Granted {
			r.grant(q, now)
		}
	}
}

// ask makes the requests of a crossbar input: for every output the VC next in turn
// among those that are ready.
func (r *Router) ask(crossbarIn int32, in int, ready uint64, now int64) {
	r.look++
	upper := ready >> r.turns[crossbarIn] << r.turns[crossbarIn]
	for _, set := range [2]uint64{upper, ready &^ upper} {
		for ; set != 0; set &= set - 1 {
			i := int32(in*r.vcs + bits.TrailingZeros64(set))
			v := &r.vc[i]
			if v.fan != nil {
				r.askForCopies(crossbarIn, i, now)
				continue
			}
			r.request(crossbarIn, v.outPort, i, v.class, now)
		}
	}
}

// request adds a request unless the wire is busy or a VC before it in turn, and of no
// higher rank, asks for the same output.
func (r *Router) request(in, out, i int32, class uint8, now int64) {
	if free := r.outputs[out].freeFrom; free > now+r.spec.Delays.ST {
		r.linkFree = min(r.linkFree, free-r.spec.Delays.ST)
		return
	}
	var rank uint8
	if r.shares != nil {
		rank = r.shares[out].rank(class)
	}
	q := SwitchRequest{In: in, Out: out, VC: i, Rank: rank}
	if a := &r.asked[out]; a.look == r.look {
		if old := &r.swReqs[a.request]; rank < old.Rank {
			*old = q
		}
		return
	}
	r.asked[out] = asked{r.look, int32(len(r.swReqs))}
	r.swReqs = append(r.swReqs, q)
}

// grant sends the flit that a request was for.
func (r *Router) grant(q *SwitchRequest, now int64) {
	v := &r.vc[q.VC]
	in := int(q.In) / r.speedup
	vc := int(q.VC) - in*r.vcs
	turn := vc + r.speedup
	if turn >= r.vcs {
		turn -= r.vcs
	}
	r.turns[q.In] = int32(turn)
	if r.shares != nil {
		r.shares[q.Out].sent(v.class)
	}
	r.moved++
	if v.fan != nil {
		r.grantCopy(q.VC, in, vc, q.Out, now)
		return
	}
	f := v.pop()
	r.leaveBuffer(v, in, vc, f.at, now)
	if f.kind&headFlit != 0 {
		f.p.Hops++
	}
	t := &r.outputs[q.Out]
	ov := int(v.outVC)
	t.arbitrated(ov, v.since, now, r.spec.Delays.ST)
	t.put(f, ov, now+r.spec.Delays.ST)
	if f.kind&tailFlit != 0 {
		r.freeVC(q.Out, ov)
		r.clearReady(in, vc)
		r.nextPacket(q.VC, now)
		return
	}
	r.nextFlit(q.VC, in, vc, now)
}

// leaveBuffer books that a flit has left its buffer.
func (r *Router) leaveBuffer(v *inputVC, in, vc int, at, now int64) {
	v.left++
	v.occupancy.set(v.n, now)
	v.wait.Count(now + r.spec.Delays.ST - at)
	r.inputs[in].up.credit(uint8(vc), now)
}

// freeVC gives back an output VC whose tail has been granted.
func (r *Router) freeVC(out int32, vc int) {
	r.outputs[out].vcs[vc].holder = -1
	r.freed = append(r.freed, out*int32(r.vcs)+int32(vc))
}

// nextPacket turns to the next packet of an input VC.
func (r *Router) nextPacket(i int32, now int64) {
	v := &r.vc[i]
	if v.n > 0 {
		r.route(i, now+1)
		return
	}
	v.state = vcIdle
}

// nextFlit turns to the next flit of the packet of an input VC.
func (r *Router) nextFlit(i int32, in, vc int, now int64) {
	v := &r.vc[i]
	if v.n > 0 && r.spec.Delays.SA == 1 && r.outputs[v.outPort].hasCredit(int(v.outVC), now) {
		v.since = now + 1
		return // it stays ready
	}
	r.clearReady(in, vc)
	switch {
	case v.n == 0:
	case r.spec.Delays.SA > 1:
		r.putDown(i, now+r.spec.Delays.SA)
	default:
		r.stall(&r.outputs[v.outPort], int(v.outVC), now+1)
	}
}

// arbitrated counts the cycles that a flit, ready since a cycle, did not go because of
// others.
func (t *tx) arbitrated(vc int, since, now, st int64) {
	v := &t.vcs[vc]
	v.stats.ArbitrationStallCycles += max(0, now-max(since, v.ownUntil-st))
}
