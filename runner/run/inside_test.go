package run

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/interconnect/port"
	"mozart/runner/config"
	"mozart/runner/plan"
)

// waits are edges named by their ends.
func waits(edges ...string) []port.Wait {
	var out []port.Wait
	for _, e := range edges {
		to := e[1:]
		out = append(out, port.Wait{From: e[:1], To: to, Why: e})
	}
	return out
}

func TestFindCycle(t *testing.T) {
	for _, c := range []struct {
		name        string
		waits, want []port.Wait
	}{
		{"nothing", nil, nil},
		{"a chain", waits("ab", "bc", "cd"), nil},
		{"a diamond", waits("ab", "ac", "bd", "cd"), nil},
		{"waits for nobody", waits("a", "b"), nil},
		{"itself", waits("ab", "bb"), waits("bb")},
		{"two", waits("ab", "ba"), waits("ab", "ba")},
		{"behind a tail", waits("ab", "bc", "cd", "db"), waits("bc", "cd", "db")},
		{"behind a dead end", waits("ab", "ac", "ca"), waits("ac", "ca")},
		{"a second way into it", waits("ab", "bc", "ca", "dc"), waits("ab", "bc", "ca")},
		{"in another component", waits("xy", "ab", "ba"), waits("ab", "ba")},
		{"the first of two", waits("ab", "ba", "cd", "dc"), waits("ab", "ba")},
		{"a finished part is not entered again", waits("ab", "cb", "cd", "dc"), waits("cd", "dc")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, findCycle(c.waits)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// Many ways to one part are gone through once: this has 2^60 of them.
func TestFindCycleTakesEveryWaitOnce(t *testing.T) {
	var all []port.Wait
	for i := range 60 {
		from, to := fmt.Sprint(i), fmt.Sprint(i+1)
		for _, side := range []string{"l", "r"} {
			all = append(all, port.Wait{From: from, To: from + side}, port.Wait{From: from + side, To: to})
		}
	}
	if cycle := findCycle(all); cycle != nil {
		t.Errorf("found %v", cycle)
	}
}

// What is found is a closed chain of the waits; and something is found if and
// only if the waits cannot be put in an order.
func TestFindCycleFindsOneIfThereIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "nodes")
		node := rapid.IntRange(0, n-1)
		var all []port.Wait
		for range rapid.IntRange(0, 14).Draw(t, "waits") {
			all = append(all, port.Wait{From: fmt.Sprint(node.Draw(t, "from")), To: fmt.Sprint(node.Draw(t, "to"))})
		}
		cycle := findCycle(all)
		for i, w := range cycle {
			if w.To != cycle[(i+1)%len(cycle)].From {
				t.Fatalf("not closed: %v", cycle)
			}
		}
		if want := !sortable(all); (len(cycle) > 0) != want {
			t.Fatalf("found %v, want a cycle: %v", cycle, want)
		}
	})
}

// sortable removes waits for parts that wait for nothing until none is left.
func sortable(all []port.Wait) bool {
	for len(all) > 0 {
		blocked := map[string]bool{}
		for _, w := range all {
			blocked[w.From] = true
		}
		var left []port.Wait
		for _, w := range all {
			if blocked[w.To] {
				left = append(left, w)
			}
		}
		if len(left) == len(all) {
			return false
		}
		all = left
	}
	return true
}

func TestDeadlockWithoutACycleSaysSo(t *testing.T) {
	e := &DeadlockError{Busy: []string{"A"}, Waits: waits("a", "bc")}
	const want = `deadlock: no event is left and 1 parts are not idle
no cycle of waits: something was never sent
blocked:
  a: a
  b waits for c: bc`
	if d := cmp.Diff(want, e.Error()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestLongDeadlockReportIsCut(t *testing.T) {
	e := &DeadlockError{Busy: []string{"A"}}
	for i := range 100 {
		e.Waits = append(e.Waits, port.Wait{From: fmt.Sprint(i), Why: "reason"})
	}
	text := e.Error()
	if want := "  and 76 more"; text[len(text)-len(want):] != want {
		t.Errorf("ends with %q", text[len(text)-40:])
	}
}

// ran is a system of tiny that has come to its end.
func ran(t *testing.T, set ...string) *collector {
	t.Helper()
	x, err := config.Load("tiny", set)
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Make(x)
	if err != nil {
		t.Fatal(err)
	}
	eng, system, err := assemble(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	system.Start()
	if err := drain(t.Context(), eng, system, Options{}); err != nil {
		t.Fatal(err)
	}
	return &collector{plan: p, system: system, engine: eng, wall: 1}
}

func TestRunThatDoesNotAddUpFails(t *testing.T) {
	c := ran(t)
	if r, err := c.finish(nil); err != nil || r.Status != Done {
		t.Fatalf("%v, %v", err, r.Status)
	}
	c.system.Pools[0].Get() // a packet that nobody gives back
	r, err := c.finish(nil)
	var e *ConservationError
	if !errors.As(err, &e) {
		t.Fatalf("found %v, want a ConservationError", err)
	}
	if d := cmp.Diff([]string{"packets were lost"}, e.Violations); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if err.Error() != "conservation checks failed: packets were lost" {
		t.Errorf("%v", err)
	}
	if r.Status != Failed || r.Summary.Status != string(Failed) {
		t.Errorf("status %q, %q", r.Status, r.Summary.Status)
	}
}

// An error that ended the run is not hidden by what follows from it.
func TestFirstErrorWins(t *testing.T) {
	c := ran(t)
	c.system.Pools[0].Get()
	if r, err := c.finish(ErrInterrupted); !errors.Is(err, ErrInterrupted) || r.Status != Interrupted {
		t.Errorf("%v, %v", err, r.Status)
	}
}
