package collective

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTableAgreesWithMap drives the table and a map with the same operations; few
// keys and a small table make probes collide and wrap.
func TestTableAgreesWithMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newTable(rapid.IntRange(1, 8).Draw(t, "entries"))
		want := map[sumKey]uint16{}
		key := rapid.Custom(func(t *rapid.T) sumKey {
			return sumKey{rapid.Int32Range(-1, 2).Draw(t, "op"), rapid.Int32Range(0, 7).Draw(t, "token")}
		})
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if _, there := want[k]; !there {
					want[k] = rapid.Uint16().Draw(t, "left")
					table.insert(k, want[k])
				}
			},
			"remove": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if _, there := want[k]; there {
					delete(want, k)
					table.remove(k)
				}
			},
			"": func(t *rapid.T) {
				if table.used != len(want) {
					t.Fatalf("%d keys, want %d", table.used, len(want))
				}
				for op := int32(-1); op <= 2; op++ {
					for token := int32(0); token < 8; token++ {
						k := sumKey{op, token}
						left, there := want[k]
						if got := table.find(k); (got != nil) != there || there && got.left != left {
							t.Fatalf("key %v: found %v, want %d, %v", k, got, left, there)
						}
					}
				}
			},
		})
	})
}
