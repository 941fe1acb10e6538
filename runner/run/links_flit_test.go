package run_test

import (
	"testing"

	"mozart/interconnect/stats"
	"mozart/runner/record"
	"mozart/runner/run"
)

// carried is what a class had carried in one direction of a link.
type carried struct{ Packets, Bytes int64 }

func carriedBy(rows []record.LinkRow) map[string]carried {
	m := map[string]carried{}
	for _, r := range rows {
		k := r.Link + " " + r.From + " " + r.To + " " + r.Class
		c := m[k]
		m[k] = carried{c.Packets + r.Packets, c.Bytes + r.Bytes}
	}
	return m
}

// TestLinksCarryTheSameAtBothLevels: the same packets cross every link, and the same
// bytes with flits of which every packet is a whole number.
func TestLinksCarryTheSameAtBothLevels(t *testing.T) {
	results := map[string]*run.Result{}
	for _, level := range []string{"packet", "flit"} {
		r, err := run.Execute(t.Context(), planned(t, "tiny", "fidelity.nop="+level, "hardware.flit.size=16 B"), run.Options{Detail: stats.DetailFull})
		if err != nil {
			t.Fatal(err)
		}
		results[level] = r
	}
	packet, flit := carriedBy(results["packet"].Links), carriedBy(results["flit"].Links)
	for k, want := range packet {
		if got := flit[k]; got != want {
			t.Errorf("%s: %+v, want %+v", k, got, want)
		}
	}
	if len(flit) != len(packet) {
		t.Errorf("%d directions and classes, want %d", len(flit), len(packet))
	}
}

// TestFlitRowsAddUp: flits, windows and the queues of senders.
func TestFlitRowsAddUp(t *testing.T) {
	p := planned(t, "tiny", "fidelity.nop=flit")
	r, err := run.Execute(t.Context(), p, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	size := int64(p.Experiment.Hardware.Flit.Size)
	at, waited := 0, 0.0
	for i, l := range r.Links {
		sum := int64(0)
		for _, n := range r.LinkWindows.Bytes[i] {
			sum += n
		}
		if sum != l.Bytes {
			t.Errorf("%s from %s, VC %d: windows of %d bytes, %d in all", l.Link, l.From, l.VC, sum, l.Bytes)
		}
		if l.Flits == 0 {
			continue
		}
		if l.Bytes != l.Flits*size || l.Packets < 1 || l.InputWaitMaxCycles < l.InputWaitP99Cycles {
			t.Errorf("%+v", l)
		}
		at++
		waited += l.QueueMean
	}
	if at == 0 || waited == 0 {
		t.Errorf("%d channels carried flits, sources held %g packets", at, waited)
	}
	if again, err := run.Execute(t.Context(), p, run.Options{}); err != nil || again.Summary.Result.Digest != r.Summary.Result.Digest {
		t.Errorf("a second run has another digest, or error %v", err)
	}
}
