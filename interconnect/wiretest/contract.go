package wiretest

import (
	"slices"
	"testing"

	"mozart/interconnect/port"
)

// Stress is what a case of the suite asks of a part and its agents.
type Stress struct {
	// InBytes and OutMessages size every port that the case can size: the part's
	// and the agents'.
	InBytes, OutMessages int
	// ServiceCycles is the time an agent takes per message.
	ServiceCycles int64
	// Messages is the number of messages sent in, GapCycles the distance between
	// their starts.
	Messages  int
	GapCycles int64
}

// Contract describes a part to RunContract.
type Contract struct {
	// MaxBytes is the size of the largest message on any port.
	MaxBytes int
	// Build makes the part and its agents on s, plugs them together and adds the
	// part and its links to s. It returns the agents.
	Build func(tb TB, s *System, st Stress) []*Agent
	// Load makes the i-th message and says which agent sends it. Packets come from
	// s.Pool.
	Load func(s *System, i int) (agent int, m port.Message)
	// Answers is the number of messages that all agents together take because of
	// message i, and their bytes.
	Answers func(i int) (messages, bytes int64)
}

// stresses are the cases of the suite, for a largest message of n bytes.
func stresses(n int) map[string]Stress {
	return map[string]Stress{
		"one message":  {InBytes: 4 * n, OutMessages: 4, Messages: 1},
		"trickle":      {InBytes: 4 * n, OutMessages: 4, Messages: 40, GapCycles: 10_000},
		"burst":        {InBytes: 4 * n, OutMessages: 4, Messages: 200},
		"port depth 1": {InBytes: n, OutMessages: 1, Messages: 100},
		"slow sink":    {InBytes: 2 * n, OutMessages: 2, Messages: 100, ServiceCycles: 977},
		"depth 1 and slow sink, steady": {
			InBytes: n, OutMessages: 1, Messages: 100, ServiceCycles: 131, GapCycles: 7,
		},
	}
}

// RunContract runs the conformance suite on a part; see the package comment for
// what it demands.
func RunContract(t *testing.T, c Contract) {
	t.Helper()
	for name, st := range stresses(c.MaxBytes) {
		t.Run(name, func(t *testing.T) {
			first := c.run(t, st)
			if second := c.run(t, st); !slices.Equal(first, second) {
				t.Errorf("two runs took messages at different cycles:\n%v\n%v", first, second)
			}
		})
	}
}

// run is one case; it returns the cycles of all arrivals, agent by agent.
func (c Contract) run(t *testing.T, st Stress) []int64 {
	t.Helper()
	s := NewSystem()
	agents := c.Build(t, s, st)
	var wantMessages, wantBytes int64
	for i := range st.Messages {
		from, m := c.Load(s, i)
		agents[from].Queue(int64(i)*st.GapCycles, m)
		n, bytes := c.Answers(i)
		wantMessages += n
		wantBytes += bytes
	}
	s.Run(t)
	s.CheckQuiet(t)

	var cycles []int64
	var messages, bytes int64
	for _, a := range agents {
		messages += a.Taken
		bytes += a.TakenBytes
		for _, arrival := range a.Arrivals {
			cycles = append(cycles, arrival.Cycle)
		}
	}
	if messages != wantMessages || bytes != wantBytes {
		t.Errorf("agents took %d messages and %d bytes, want %d and %d", messages, bytes, wantMessages, wantBytes)
	}
	return cycles
}
