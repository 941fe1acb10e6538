package micro

import (
	"cmp"
	"context"
	"slices"
)

// Point is a measurement of a sweep.
type Point struct {
	Rate   float64
	Result *Result
}

// Sweep measures a network at several rates, one after the other, each from an empty
// network and the seed of the spec. Each, if not nil, hears of every point as soon as
// it is there. An error ends it; the points before it, and the partial one that
// ErrInterrupted leaves, are returned beside it.
func Sweep(ctx context.Context, s Spec, rates []float64, each func(Point)) ([]Point, error) {
	var points []Point
	for _, rate := range rates {
		s.Traffic.Rate = rate
		r, err := Run(ctx, s)
		if r != nil {
			points = append(points, Point{rate, r})
			if each != nil {
				each(points[len(points)-1])
			}
		}
		if err != nil {
			return points, err
		}
	}
	return points, nil
}

// Saturation is where a latency-load curve ends.
type Saturation struct {
	// Rate is the highest rate found, in flits per cycle and injecting node, that the
	// network carries; the network was saturated at SaturatedRate. At full rate, 1, it
	// may carry everything: then both are equal.
	Rate          float64 `json:"rate_flits_per_node_cycle"`
	SaturatedRate float64 `json:"saturated_rate_flits_per_node_cycle"`
	// AcceptedFlitsPerCycle is what all endpoints take at Rate, OverloadFlitsPerCycle what
	// they take when every injecting node offers OverloadRate. An unfair or unstable
	// network takes less under overload.
	AcceptedFlitsPerCycle float64 `json:"accepted_flits_per_cycle"`
	OverloadFlitsPerCycle float64 `json:"overload_accepted_flits_per_cycle"`
	OverloadRate          float64 `json:"overload_rate_flits_per_node_cycle"`
}

const (
	// fullRate is what a source can put on its link.
	fullRate = 1.0
	// bisectShare is the width of the last interval in relation to its end, and
	// bisectSteps bounds the way there.
	bisectShare = 0.01
	bisectSteps = 16
)

// FindSaturation bisects for the highest rate that the network carries, between the
// points known (which may be none), and measures it under overload. Each, if not nil,
// hears of every new point.
func FindSaturation(ctx context.Context, s Spec, known []Point, each func(Point)) (*Saturation, error) {
	measure := func(rate float64) (Point, error) {
		p, err := Sweep(ctx, s, []float64{rate}, each)
		if err != nil {
			return Point{}, err
		}
		return p[0], nil
	}
	full := min(fullRate, float64(s.Traffic.PacketFlits))
	over, err := measure(full)
	if err != nil {
		return nil, err
	}
	low, high := bracket(append([]Point{over}, known...))
	for range bisectSteps {
		if !high.Result.Saturated || high.Rate-low.Rate <= bisectShare*high.Rate {
			break
		}
		p, err := measure((low.Rate + high.Rate) / 2)
		if err != nil {
			return nil, err
		}
		if p.Result.Saturated {
			high = p
		} else {
			low = p
		}
	}
	found := &Saturation{Rate: low.Rate, SaturatedRate: high.Rate, OverloadRate: full, OverloadFlitsPerCycle: over.Result.AcceptedFlitsPerCycle}
	if low.Result != nil {
		found.AcceptedFlitsPerCycle = low.Result.AcceptedFlitsPerCycle
	}
	return found, nil
}

// bracket is the lowest saturated point and the one below it, with rate 0 and no result
// if there is none; or twice the highest point if none is saturated.
func bracket(points []Point) (low, high Point) {
	points = slices.SortedFunc(slices.Values(points), func(a, b Point) int { return cmp.Compare(a.Rate, b.Rate) })
	for _, p := range points {
		if p.Result.Saturated {
			return low, p
		}
		low = p
	}
	return low, low
}
