package link

import (
	"fmt"

	"github.com/sarchlab/akita/v4/sim"

	"mozart/interconnect/port"
)

var (
	_ port.Connection = (*Link)(nil)
	_ port.Part       = (*Link)(nil)
)

// Link joins two ports. It implements port.Connection and port.Part.
type Link struct {
	sim.HookableBase

	name string
	spec Spec
	// tx[i] sends what end i has to say and rx[i] hands it to the other end.
	tx   [2]*tx
	rx   [2]*rx
	ends [2]End
	// returns[i], on a link between two domains, takes the credit for the room at
	// end i.
	returns [2]port.Outlet[Return]
}

// New makes a link between two ports and plugs them in. Name must be valid for
// Akita. It is an error if the spec is wrong or if the ports have different
// numbers of virtual channels.
func New(name string, clock port.Clock, spec Spec, a, b End) (*Link, error) {
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("link %q: %w", name, err)
	}
	if err := checkEnds(a, b); err != nil {
		return nil, fmt.Errorf("link %q: %w", name, err)
	}
	l := &Link{name: name, spec: spec, ends: [2]End{a, b}}
	for i := range l.ends {
		l.rx[i] = newRx(l, clock, l.ends[1-i])
		l.tx[i] = newTx(l, clock, l.ends[i].Port, l.rx[i], l.ends[1-i])
	}
	a.Port.SetConnection(l)
	b.Port.SetConnection(l)
	return l, nil
}

// Name implements sim.Named.
func (l *Link) Name() string { return l.name }

// Spec returns the sizes the link was made with.
func (l *Link) Spec() Spec { return l.spec }

// AcceptHook implements sim.Hookable. Its hooks see arrivals when they happen. A link
// between two domains calls them from both, at the same time in a parallel run.
func (l *Link) AcceptHook(h sim.Hook) {
	for i := range l.ends {
		l.ends[i].Port.Witness()
	}
	l.HookableBase.AcceptHook(h)
}

// PlugIn implements sim.Connection. A link gets its two ports from New and takes
// no other.
func (l *Link) PlugIn(p sim.Port) {
	panic(fmt.Sprintf("%s: has its two ports, cannot take %s", l.name, p.Name()))
}

// Unplug implements sim.Connection. A link keeps its two ports for life.
func (l *Link) Unplug(p sim.Port) {
	panic(fmt.Sprintf("%s: cannot let go of %s", l.name, p.Name()))
}

// NotifyAvailable implements sim.Connection. Room at an end is counted by
// CreditFreed alone.
func (l *Link) NotifyAvailable(sim.Port) {}

// NotifySend implements sim.Connection. Our ports call SendReady, which says
// which channel.
func (l *Link) NotifySend() {}

// SendReady implements port.Connection.
func (l *Link) SendReady(p *port.Port, vc int, first bool) { l.tx[l.side(p)].queued(vc, first) }

// Offer implements port.Connection.
func (l *Link) Offer(p *port.Port, m port.Message, taken func()) bool {
	return l.tx[l.side(p)].offer(m, taken)
}

// CreditFreed implements port.Connection: the room is the credit of the
// direction that ends at p.
func (l *Link) CreditFreed(p *port.Port, vc, bytes int, cycle int64) {
	end := l.side(p)
	home := max(cycle, l.rx[1-end].alarm.Now()) + l.spec.LatencyCycles
	if o := l.returns[end]; o != nil {
		*o.Hand(home) = Return{VC: int32(vc), Bytes: int32(bytes)}
		return
	}
	t := l.tx[1-end]
	t.channels[vc].credit.giveBack(int64(bytes), home)
	t.creditComing(vc)
}

func (l *Link) side(p *port.Port) int {
	switch p {
	case l.ends[0].Port:
		return 0
	case l.ends[1].Port:
		return 1
	}
	panic(fmt.Sprintf("%s: %s is not plugged in here", l.name, p.Name()))
}

// Waiting is the number of messages of a channel that wait at end i or are in
// flight from there. Both ends must be in the caller's domain.
func (l *Link) Waiting(i, vc int) int {
	return l.tx[i].from.OutLen(vc) + int(l.tx[i].channels[vc].stats.Messages-l.rx[i].delivered[vc].Messages)
}

// Idle implements port.Part: nothing to send, nothing in flight, all credits
// home.
func (l *Link) Idle() bool {
	for i := range l.tx {
		if l.tx[i].from.OutBusy() != 0 || l.rx[i].flight.len > 0 {
			return false
		}
	}
	return l.CreditsHome()
}

// CreditsHome reports that the senders' credits, those on their way back
// included, are the whole of the receivers' buffers. While messages are in
// flight or in a buffer they are not.
func (l *Link) CreditsHome() bool {
	return l.tx[0].creditsHome() && l.tx[1].creditsHome()
}
