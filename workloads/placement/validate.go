package placement

import (
	"errors"
	"fmt"
)

// Shape is what a placement must fit: the model, and optionally the number of
// experts that each chiplet may hold.
type Shape struct {
	// LayerExperts[l] is the number of routed experts of layer l; 0 for a dense
	// layer.
	LayerExperts []int
	// ChipletSizes[c] is the number of experts of every layer that chiplet c
	// must hold. Nil asks for equal numbers.
	ChipletSizes []int
}

// Validate checks a placement that came from outside against the model it is
// for, and reports everything that is wrong at once: a machine that does not
// divide into groups, a missing or surplus layer, an expert without a chiplet
// or on one that does not exist, a chiplet with too many or too few experts.
// A table from expert to chiplet cannot put an expert in two places.
func (p Placement) Validate(want Shape) error {
	if err := checkMachine(p.Chiplets, p.Groups); err != nil {
		return err
	}
	if want.ChipletSizes != nil && len(want.ChipletSizes) != p.Chiplets {
		return fmt.Errorf("sizes are stated for %d chiplets, the placement has %d", len(want.ChipletSizes), p.Chiplets)
	}
	if len(p.ExpertToChiplet) != len(want.LayerExperts) {
		return fmt.Errorf("placement has %d layers, the model has %d", len(p.ExpertToChiplet), len(want.LayerExperts))
	}
	var errs []error
	for l, experts := range want.LayerExperts {
		if err := p.validateLayer(l, experts, want.ChipletSizes); err != nil {
			errs = append(errs, fmt.Errorf("layer %d: %w", l, err))
		}
	}
	return errors.Join(errs...)
}

// validateLayer checks one layer of experts routed experts.
func (p Placement) validateLayer(layer, experts int, sizes []int) error {
	home := p.ExpertToChiplet[layer]
	if len(home) != experts {
		return fmt.Errorf("%d experts placed, the model has %d", len(home), experts)
	}
	if experts == 0 {
		return nil
	}
	equal := 0
	if sizes == nil {
		n, err := clusterSize(experts, p.Chiplets)
		if err != nil {
			return err
		}
		equal = n
	}
	var errs []error
	held := make([]int, p.Chiplets)
	for e, c := range home {
		if c < 0 || c >= p.Chiplets {
			errs = append(errs, fmt.Errorf("expert %d is on chiplet %d, want 0 to %d", e, c, p.Chiplets-1))
			continue
		}
		held[c]++
	}
	for c, n := range held {
		size := equal
		if sizes != nil {
			size = sizes[c]
		}
		if n != size {
			errs = append(errs, fmt.Errorf("chiplet %d holds %d experts, want %d", c, n, size))
		}
	}
	return errors.Join(errs...)
}

// clusterSize is the number of experts of one cluster.
func clusterSize(experts, chiplets int) (int, error) {
	if experts%chiplets != 0 {
		return 0, fmt.Errorf("%d experts do not divide evenly over %d chiplets", experts, chiplets)
	}
	return experts / chiplets, nil
}

// checkClusters reports a policy's result that is not a split of the experts
// into count clusters of size experts each.
func checkClusters(clusters [][]int, count, size int) error {
	if len(clusters) != count {
		return fmt.Errorf("%d clusters, want %d", len(clusters), count)
	}
	experts := count * size
	seen := make([]bool, experts)
	for k, cluster := range clusters {
		if len(cluster) != size {
			return fmt.Errorf("cluster %d has %d experts, want %d", k, len(cluster), size)
		}
		for _, e := range cluster {
			if e < 0 || e >= experts {
				return fmt.Errorf("cluster %d holds expert %d, want 0 to %d", k, e, experts-1)
			}
			if seen[e] {
				return fmt.Errorf("expert %d is placed twice", e)
			}
			seen[e] = true
		}
	}
	return nil
}
