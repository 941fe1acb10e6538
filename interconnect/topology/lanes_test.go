package topology

import "testing"

// Without their second lane, torus and ring can deadlock: Cycle finds it.
func TestRingsNeedTheirLanes(t *testing.T) {
	for name, build := range map[string]func() (*Graph, error){
		"ring":  func() (*Graph, error) { return Ring(5) },
		"torus": func() (*Graph, error) { return Torus(5, 2) },
	} {
		g, err := build()
		if err != nil {
			t.Fatal(err)
		}
		if ring := g.Cycle(); ring != nil {
			t.Errorf("%s: %v may wait for itself", name, ring)
		}
		g.lanes = 1
		for i := range g.steps {
			if g.steps[i].lane == 1 {
				g.steps[i].lane = 0
			}
		}
		ring := g.Cycle()
		if len(ring) != 5 {
			t.Errorf("%s in one lane: %v, want a ring of 5 channels", name, ring)
		}
		for i, c := range ring {
			if next := ring[(i+1)%len(ring)]; c.To != next.From || g.Neighbor(c.From, c.Port) != c.To {
				t.Errorf("%s: channels %+v and %+v do not meet", name, c, next)
			}
		}
	}
}
