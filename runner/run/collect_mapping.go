package run

import (
	"mozart/components/chiplet"
	"mozart/components/tile"
)

// mapped counts the matrix products of chiplets by the mapping that they had.
func mapped(chiplets []*chiplet.Comp) map[string]int64 {
	counts := map[string]int64{}
	for _, c := range chiplets {
		ops := c.ArrayStats().Mapped
		for i, m := range tile.Mappings() {
			if ops[i] > 0 {
				counts[string(m)] += ops[i]
			}
		}
	}
	return counts
}
