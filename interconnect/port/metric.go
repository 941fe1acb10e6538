package port

// Metric is one counter of a part, read once after a run.
type Metric struct {
	Name  string
	Value float64
	Unit  string
}

// Wait is an edge of the wait-for graph of a stuck system: From, a port or a
// buffer, cannot go on until To, another one, does.
type Wait struct {
	From, To string
	Why      string
}

// Part is what the runner asks of every component after (or instead of) the
// last event.
type Part interface {
	Name() string
	// Idle reports that the part holds nothing and waits for nothing.
	Idle() bool
	// Waits lists what the part is blocked on; empty when Idle.
	Waits() []Wait
	// Metrics lists the part's counters in a fixed order.
	Metrics() []Metric
}
