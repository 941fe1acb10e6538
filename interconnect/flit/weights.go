package flit

// share is weighted round-robin between the classes at one output: the class whose
// turn it is may send as many flits as its weight, then the next one's turn comes.
type share struct {
	weights []int32
	turn    int32 // the class whose turn it is
	left    int32 // flits that it may still send in this turn
}

func newShare(weights []int32) share { return share{weights: weights, left: weights[0]} }

// rank is how far a class is from its turn.
func (s *share) rank(class uint8) uint8 {
	n := int32(len(s.weights))
	r := turn(int32(class), s.turn, n)
	if s.left > 0 {
		return uint8(r)
	}
	if r == 0 {
		r = n
	}
	return uint8(r - 1)
}

// sent notes that a class sent a flit. A class that goes before its turn, for want of
// others, begins its turn.
func (s *share) sent(class uint8) {
	if c := int32(class); c != s.turn || s.left == 0 {
		s.turn, s.left = c, s.weights[c]
	}
	s.left--
}

// sets gives the VCs of every class and lane.
type sets struct {
	lanes int
	vcs   int
	// masks is by class times lanes plus lane.
	masks []uint64
	// class and lane are by VC.
	class, lane []uint8
}

// newSets numbers the VCs class by class and in a class lane by lane.
func newSets(classes []ClassSpec, lanes int) sets {
	s := sets{lanes: lanes}
	for c, spec := range classes {
		for l := range lanes {
			s.masks = append(s.masks, (1<<spec.VCsPerLane-1)<<s.vcs)
			for range spec.VCsPerLane {
				s.class = append(s.class, uint8(c))
				s.lane = append(s.lane, uint8(l))
			}
			s.vcs += spec.VCsPerLane
		}
	}
	return s
}

func (s *sets) of(class, lane uint8) uint64 { return s.masks[int(class)*s.lanes+int(lane)] }
