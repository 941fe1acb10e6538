package op

import (
	"fmt"
	"math"
	"slices"
)

// Builder appends ops to a device. Deps and peers are stored in shared arrays.
type Builder struct {
	dev    Device
	labels *Labels
}

// NewBuilder starts the program of one chiplet.
func NewBuilder(chiplet int, labels *Labels) *Builder {
	return &Builder{dev: Device{Chiplet: chiplet}, labels: labels}
}

// Reserve makes room for so many more ops and dependencies, and touches the
// memory. It only saves time.
func (b *Builder) Reserve(ops, deps int) {
	b.dev.Ops = slices.Grow(b.dev.Ops, ops)
	b.dev.deps = slices.Grow(b.dev.deps, deps)
}

// Add appends o with a label and dependencies and returns its index.
// Dependencies equal to None are skipped, so that a first round of a loop needs
// no special case.
func (b *Builder) Add(o Op, label string, deps ...int32) int32 {
	o.Label = b.labels.id(label)
	o.deps = span{int32(len(b.dev.deps)), 0}
	if len(b.dev.Ops) == cap(b.dev.Ops) {
		// append would grow large slices by a quarter and copy each op four times.
		b.dev.Ops = slices.Grow(b.dev.Ops, len(b.dev.Ops)+1)
	}
	b.dev.Ops = append(b.dev.Ops, o)
	for _, d := range deps {
		b.Depend(d)
	}
	return int32(len(b.dev.Ops) - 1)
}

// HasRoom reports whether a label can be added, or is known.
func (b *Builder) HasRoom(label string) bool {
	_, known := b.labels.index[label]
	return known || len(b.labels.names) <= math.MaxUint8
}

// Depend makes the op that was added last wait for one more, unless that is None.
func (b *Builder) Depend(dep int32) {
	if dep == None {
		return
	}
	b.dev.deps = append(b.dev.deps, dep)
	b.dev.Ops[len(b.dev.Ops)-1].deps.len++
}

// Len is the number of ops so far, which is the index of the next one.
func (b *Builder) Len() int32 { return int32(len(b.dev.Ops)) }

// SetPeers gives op i its peers.
func (b *Builder) SetPeers(i int32, peers []Peer) {
	off := int32(len(b.dev.peers))
	b.dev.peers = append(b.dev.peers, peers...)
	b.dev.Ops[i].peers = span{off, int32(len(peers))}
}

// Op returns op i for a late change of its fields.
func (b *Builder) Op(i int32) *Op { return &b.dev.Ops[i] }

// Device returns what was built.
func (b *Builder) Device() Device { return b.dev }

// SetPeers gives op i of a device that is built other peers.
func (d *Device) SetPeers(i int, peers []Peer) {
	off := int32(len(d.peers))
	d.peers = append(d.peers, peers...)
	d.Ops[i].peers = span{off, int32(len(peers))}
}

// Labels are the names of work that a program's ops share.
type Labels struct {
	names []string
	index map[string]Label
}

// NewLabels returns an empty set.
func NewLabels() *Labels { return &Labels{index: map[string]Label{}} }

func (l *Labels) id(name string) Label {
	id, ok := l.index[name]
	if !ok {
		if len(l.names) > math.MaxUint8 {
			panic(fmt.Sprintf("op: more than %d labels, at %q", math.MaxUint8+1, name))
		}
		id = Label(len(l.names))
		l.names = append(l.names, name)
		l.index[name] = id
	}
	return id
}

// Name returns the name behind a label.
func (l *Labels) Name(id Label) string { return l.names[id] }
