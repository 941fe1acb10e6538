package build_test

import (
	"fmt"
	"sort"

	"mozart/runner/build"
)

func debugPeak(s *build.System, i int) {
	dev := &s.Program.Devices[i]
	b, e := s.Chiplets[i].OpTimes()
	type ev struct{ t int64; d int64; k int; start bool }
	var evs []ev
	for k := range dev.Ops {
		if dev.Ops[k].Allocate > 0 {
			evs = append(evs, ev{b[k], dev.Ops[k].Allocate, k, true})
		}
		if dev.Ops[k].Release > 0 {
			evs = append(evs, ev{e[k], -dev.Ops[k].Release, k, false})
		}
	}
	sort.SliceStable(evs, func(x, y int) bool { if evs[x].t != evs[y].t { return evs[x].t < evs[y].t }; return evs[x].d < evs[y].d })
	var occ, peak int64
	at := 0
	for n, x := range evs {
		occ += x.d
		if occ > peak {
			peak, at = occ, n
		}
	}
	fmt.Println("peak", peak, "need", s.Program.SRAMNeed[i])
	for n := max(0, at-100); n <= at; n++ {
		o := dev.Ops[evs[n].k]
		fmt.Println(evs[n].t, evs[n].d, evs[n].k, evs[n].start, o.Kind, o.Phase, s.Program.Labels.Name(o.Label), o.Layer, o.MicroBatch, dev.Deps(evs[n].k))
	}
}
