package run

import (
	"fmt"
	"strings"

	"mozart/interconnect/port"
	"mozart/runner/build"
)

// DeadlockError is a system that has no event left and is not finished.
type DeadlockError struct {
	// Waits is everything that is blocked, Cycle a closed chain of waits among
	// them, empty if there is none: then something was never sent.
	Waits, Cycle []port.Wait
	// Busy names the parts that are not idle.
	Busy []string
}

// Error is a report of several lines.
func (e *DeadlockError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "deadlock: no event is left and %d parts are not idle\n", len(e.Busy))
	if len(e.Cycle) > 0 {
		b.WriteString("cycle of waits:\n")
		for _, w := range e.Cycle {
			fmt.Fprintf(&b, "  %s\n    waits for %s: %s\n", w.From, w.To, w.Why)
		}
	} else {
		b.WriteString("no cycle of waits: something was never sent\n")
	}
	const most = 24
	b.WriteString("blocked:\n")
	for i, w := range e.Waits {
		if i == most {
			fmt.Fprintf(&b, "  and %d more\n", len(e.Waits)-most)
			break
		}
		if w.To == "" {
			fmt.Fprintf(&b, "  %s: %s\n", w.From, w.Why)
			continue
		}
		fmt.Fprintf(&b, "  %s waits for %s: %s\n", w.From, w.To, w.Why)
	}
	return strings.TrimRight(b.String(), "\n")
}

// checkDrained returns a DeadlockError if a part is not idle.
func checkDrained(s *build.System) error {
	var e DeadlockError
	for _, p := range s.Parts {
		if p.Idle() {
			continue
		}
		e.Busy = append(e.Busy, p.Name())
		e.Waits = append(e.Waits, p.Waits()...)
	}
	if len(e.Busy) == 0 {
		return nil
	}
	e.Cycle = findCycle(e.Waits)
	return &e
}

// findCycle returns the edges of the first closed chain of waits, or nil.
func findCycle(waits []port.Wait) []port.Wait {
	from := map[string][]int{}
	for i, w := range waits {
		if w.To != "" {
			from[w.From] = append(from[w.From], i)
		}
	}
	state := map[string]int{} // 1 on the path, 2 done
	var path []port.Wait
	var walk func(node string) []port.Wait
	walk = func(node string) []port.Wait {
		state[node] = 1
		for _, i := range from[node] {
			w := waits[i]
			switch state[w.To] {
			case 1:
				path = append(path, w)
				for k := range path {
					if path[k].From == w.To {
						return path[k:]
					}
				}
			case 0:
				path = append(path, w)
				if found := walk(w.To); found != nil {
					return found
				}
				path = path[:len(path)-1]
			}
		}
		state[node] = 2
		return nil
	}
	for _, w := range waits {
		if state[w.From] == 0 {
			path = path[:0]
			if found := walk(w.From); found != nil {
				return found
			}
		}
	}
	return nil
}
