package link

import "mozart/interconnect/wire"

const (
	// MaxWeight bounds the weights, so that rounding shifts a share by less than half
	// a percent.
	MaxWeight = 256
	// pricePerByte is what a byte costs a class of weight 1. A direction can carry
	// 140 TB of a class before its tag overflows.
	pricePerByte = 1 << 16
)

// fair shares a wire among the traffic classes by their weights, in bytes:
// start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). A message is tagged
// with the virtual time at which it may start, and the lowest tag goes first; each
// moves the next tag of its class on by its bytes over the weight. Of two classes
// that always have a message with credit, neither gets ahead of its share by more
// than one of its largest messages plus one of the other's, each over its weight. A
// class that has nothing to send does not save up.
type fair struct {
	// now is the virtual time: the tag of the last message that started.
	now int64
	// tags is by class, of the next message; price is what a byte costs.
	tags, price [wire.NumClasses]int64
}

func newFair(weights [wire.NumClasses]int) fair {
	var f fair
	for class, w := range weights {
		f.price[class] = pricePerByte / int64(max(1, w))
	}
	return f
}

// tag is the virtual time at which the next message of a channel may start.
func (f *fair) tag(vc int) int64 { return max(f.now, f.tags[classOf(vc)]) }

// charge lets a message of a channel start that takes so much room, at least a byte.
func (f *fair) charge(vc int, bytes int64) {
	class := classOf(vc)
	f.now = max(f.now, f.tags[class])
	f.tags[class] = f.now + bytes*f.price[class]
}

// classOf is the class of a channel: channels are numbered lane by lane.
func classOf(vc int) int { return vc % int(wire.NumClasses) }
