package collective

import (
	"fmt"

	"mozart/interconnect/wire"
)

// Stats counts what a Reducer did.
type Stats struct {
	// Packets is the number of packets taken in, Contributions the expert outputs
	// they held.
	Packets, Contributions int64
	// Sums is the number of finished sums sent on, Evictions that of partial ones.
	Sums, Evictions int64
	// AdderBusyCycles is the time the adder was held.
	AdderBusyCycles int64
	// MaxEntries is the most entries in use at once.
	MaxEntries int
}

// Reducer adds up contributions per (op, token). The router that owns it asks
// CanAdd before Add and takes what Peek shows.
type Reducer struct {
	name  string
	spec  Spec
	pool  *wire.Pool
	sums  table
	slots []slot
	free  []int32
	// oldest and newest end the list of entries that hold an unfinished sum.
	oldest, newest int32
	leaving        leavingRing
	// freed is the number of entries that became free in cycle freedAt. They are used
	// from the next one on, so that it does not matter what comes first in a cycle.
	freed       int
	freedAt     int64
	adderFreeAt int64
	stats       Stats
}

// slot is an entry: a partial sum, kept in the packet of its first contribution.
type slot struct {
	sum *wire.Packet
	key sumKey
	// doneAt is when the last contribution so far is part of the sum.
	doneAt       int64
	older, newer int32
}

// New makes a reducer. Name stands in its panics; pool gets the packets that have
// been added to another.
func New(name string, spec Spec, pool *wire.Pool) (*Reducer, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("reducer %q: %w", name, err)
	}
	r := &Reducer{
		name: name, spec: spec, pool: pool, sums: newTable(spec.Entries),
		slots: make([]slot, spec.Entries), free: make([]int32, spec.Entries),
		oldest: noSlot, newest: noSlot, freedAt: -1, leaving: newLeavingRing(spec.Entries),
	}
	for i := range r.free {
		r.free[i] = int32(spec.Entries - 1 - i)
	}
	return r, nil
}

// FreeAt is the cycle from which the adder is free.
func (r *Reducer) FreeAt() int64 { return r.adderFreeAt }

// CanAdd reports whether there is an entry for the packet: one that holds its sum
// already or one that was free before cycle now.
func (r *Reducer) CanAdd(p *wire.Packet, now int64) bool {
	if len(r.free) > r.Freed(now) {
		return true
	}
	s := r.sums.find(sumKey{p.Op, p.Token})
	return s != nil && s.slot != noSlot
}

// Freed is the number of entries that have become free in cycle now.
func (r *Reducer) Freed(now int64) int {
	if r.freedAt != now {
		return 0
	}
	return r.freed
}

// Add takes a packet whose tail has arrived and for which CanAdd holds. The packet
// belongs to the reducer from then on.
func (r *Reducer) Add(p *wire.Packet, now int64) {
	key := sumKey{p.Op, p.Token}
	s := r.sums.find(key)
	if s == nil {
		s = r.sums.insert(key, p.FanIn)
	}
	r.stats.Packets++
	r.stats.Contributions += int64(p.Contributions)
	done := r.pass(p.Bytes, now)
	if s.slot == noSlot {
		s.slot = r.open(p, key, now)
	} else {
		r.addTo(&r.slots[s.slot], p)
	}
	r.slots[s.slot].doneAt = done
	s.left--
	if s.left == 0 {
		r.stats.Sums++
		r.slots[s.slot].sum.Climb()
		r.unlink(s.slot)
		r.leaving.push(s.slot, done)
		r.sums.remove(key)
	}
}

// pass books the adder for one contribution and returns when it is part of the
// sum.
func (r *Reducer) pass(bytes int32, now int64) int64 {
	cycles := r.spec.addCycles(bytes)
	r.adderFreeAt = max(now, r.adderFreeAt) + cycles
	r.stats.AdderBusyCycles += cycles
	return r.adderFreeAt + r.spec.AddLatencyCycles
}

// open starts a partial sum with its first contribution.
func (r *Reducer) open(p *wire.Packet, key sumKey, now int64) int32 {
	if len(r.free) == 0 {
		panic(fmt.Sprintf("%s: no entry for op %d token %d", r.name, key.op, key.token))
	}
	i := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	// What has become free in this cycle counts as in use, whichever came first.
	r.stats.MaxEntries = max(r.stats.MaxEntries, len(r.slots)-len(r.free)+r.Freed(now))
	r.slots[i] = slot{sum: p, key: key, older: r.newest, newer: noSlot}
	if r.newest == noSlot {
		r.oldest = i
	} else {
		r.slots[r.newest].newer = i
	}
	r.newest = i
	return i
}

func (r *Reducer) addTo(s *slot, p *wire.Packet) {
	s.sum.Contributions += p.Contributions
	// The sum is as long as the longest vector in it.
	s.sum.Bytes = max(s.sum.Bytes, p.Bytes)
	r.pool.Put(p)
}

func (r *Reducer) unlink(i int32) {
	s := &r.slots[i]
	if s.older == noSlot {
		r.oldest = s.newer
	} else {
		r.slots[s.older].newer = s.newer
	}
	if s.newer == noSlot {
		r.newest = s.older
	} else {
		r.slots[s.newer].older = s.older
	}
}

// MakeRoom is called when CanAdd does not hold. With FullEvict, and unless an
// entry is about to be freed anyway, the oldest partial sum starts to leave.
func (r *Reducer) MakeRoom(now int64) {
	if r.spec.Full != FullEvict || r.leaving.len > 0 || r.Freed(now) > 0 || r.oldest == noSlot {
		return
	}
	i := r.oldest
	s := &r.slots[i]
	r.unlink(i)
	r.sums.find(s.key).slot = noSlot
	// Further up the rest is waited for, and this is passed on.
	s.sum.FanIn, s.sum.UpperFanIn = 0, [wire.MaxTreeLevels - 1]uint8{}
	r.stats.Evictions++
	r.leaving.push(i, max(now, s.doneAt))
}

// Peek is the next sum to send and the cycle from which it stands, or nil.
func (r *Reducer) Peek() (p *wire.Packet, ready int64) {
	if r.leaving.len == 0 {
		return nil, 0
	}
	i, ready := r.leaving.front()
	return r.slots[i].sum, ready
}

// Take hands over the sum that Peek shows and frees its entry, in cycle now. Its fan-in
// is that of the next switch up, and none if it is only part of the token's sum.
func (r *Reducer) Take(now int64) *wire.Packet {
	i, ready := r.leaving.pop()
	r.freed = 1 + r.Freed(now)
	r.freedAt = now
	p := r.slots[i].sum
	r.slots[i] = slot{}
	r.free = append(r.free, i)
	p.HeadCycle, p.TailCycle = ready, ready
	return p
}

// Idle reports that no sum is held and no packet is still to come.
func (r *Reducer) Idle() bool { return r.sums.used == 0 && r.leaving.len == 0 }

// Stats returns a copy of the counters.
func (r *Reducer) Stats() Stats { return r.stats }

// Oldest names the unfinished sum that has been held longest and the number of
// packets it waits for; false if there is none.
func (r *Reducer) Oldest() (op, token int32, missing int, ok bool) {
	if r.oldest == noSlot {
		return 0, 0, 0, false
	}
	k := r.slots[r.oldest].key
	return k.op, k.token, int(r.sums.find(k).left), true
}
