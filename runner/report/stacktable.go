package report

import (
	"cmp"
	"slices"
)

// stackTable shows the fullest stacks and what is in them.
func stackTable(s *Summary) Table {
	order := slices.Clone(s.Stacks)
	share := func(u StackUse) float64 { return float64(u.Total()) / float64(u.Capacity) }
	slices.SortStableFunc(order, func(a, b StackUse) int { return cmp.Compare(share(b), share(a)) })
	t := Table{
		Title:  "Fullest stacks",
		Header: []string{"stack", "of", "weights", "gradients", "optimizer", "activations", "in all", "capacity", "full"},
		Align:  "llrrrrrrr",
	}
	const most = 8
	for _, u := range order[:min(most, len(order))] {
		t.Rows = append(t.Rows, []string{
			u.Stack, u.Of, bytes(u.Weights), bytes(u.Gradients), bytes(u.Optimizer), bytes(u.Activations),
			bytes(u.Total()), bytes(u.Capacity), percent(share(u)),
		})
	}
	return t
}
