package strict

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest is the name that was probably meant, or "" if none is reasonably near:
// a third of the letters may differ, two neighbors may be swapped, or one name
// may begin the other. Case and the choice of - or _ count nothing. The first of
// equals wins.
func nearest(name string, names []string) string {
	best, bestDistance := "", 0
	for _, candidate := range names {
		a, b := fold(name), fold(candidate)
		distance := levenshtein.ComputeDistance(a, b)
		if swapped(a, b) {
			distance = 1
		}
		limit := max(1, max(len(a), len(b))/3)
		near := distance <= limit && distance < min(len(a), len(b))
		if begins := min(len(a), len(b)) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)); begins {
			near, distance = true, min(distance, limit)
		}
		if near && (best == "" || distance < bestDistance) {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// swapped tells whether two names differ by one pair of neighboring letters.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
