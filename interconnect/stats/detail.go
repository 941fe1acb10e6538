package stats

import "fmt"

// Detail says how much a network records besides its counters and the bytes over
// time, which are always there. Nothing of it changes what the network does.
type Detail uint8

// The details, from the cheapest on.
const (
	// DetailBasic is no more than that.
	DetailBasic Detail = iota
	// DetailQueues adds what waits at the sending end of links, for how long and for
	// what.
	DetailQueues
	// DetailFull adds what lies in the input buffers of routers.
	DetailFull
)

var detailNames = [...]string{"basic", "queues", "full"}

// String returns the name used on the command line.
func (d Detail) String() string {
	if int(d) < len(detailNames) {
		return detailNames[d]
	}
	return "unknown"
}

// DetailNames lists the names, the cheapest first.
func DetailNames() []string { return detailNames[:] }

// ParseDetail is the detail of a name.
func ParseDetail(name string) (Detail, error) {
	for i, n := range detailNames {
		if n == name {
			return Detail(i), nil
		}
	}
	return 0, fmt.Errorf("want one of %v, got %q", detailNames, name)
}
