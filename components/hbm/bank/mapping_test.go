package bank_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mozart/components/hbm/bank"
)

func preset(t testing.TB, name string) bank.Spec {
	t.Helper()
	s, err := bank.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMappings(t *testing.T) {
	for _, c := range []struct {
		preset, mapping string
		addr            uint64
		want            bank.Location
	}{
		{"hbm2-dramsim3", "rorabgbachco", 64, bank.Location{Column: 1}},
		{"hbm2-dramsim3", "rorabgbachco", 2 << 10, bank.Location{Channel: 1}},
		{"hbm2-dramsim3", "rorabgbachco", 16 << 10, bank.Location{Bank: 1}},
		{"hbm2-dramsim3", "rorabgbachco", 64 << 10, bank.Location{BankGroup: 1}},
		{"hbm2-dramsim3", "rorabgbachco", 256 << 10, bank.Location{Row: 1}},
		{"hbm2-dramsim3", "rorabgbachco", 8<<30 + 63, bank.Location{}},
		{"hbm2-dramsim3", "rorabacobgch", 64, bank.Location{Channel: 1}},
		{"hbm2-dramsim3", "rorabacobgch", 512, bank.Location{BankGroup: 1}},
		{"hbm2-dramsim3", "rorabacobgch", 2 << 10, bank.Location{Column: 1}},
		{"hbm2-ramulator2", "RoBaRaCoCh", 32, bank.Location{Channel: 1}},
		{"hbm2-ramulator2", "RoBaRaCoCh", 256, bank.Location{Column: 1}},
		{"hbm2-ramulator2", "RoBaRaCoCh", 8 << 10, bank.Location{PseudoChannel: 1}},
		{"hbm2-ramulator2", "RoBaRaCoCh", 16 << 10, bank.Location{BankGroup: 1}},
		{"hbm2-ramulator2", "RoBaRaCoCh", 64 << 10, bank.Location{Bank: 1}},
		{"hbm2-ramulator2", "MOP4CLXOR", 256, bank.Location{Column: 1, PseudoChannel: 1}},
		{"hbm2-ramulator2", "MOP4CLXOR", 512, bank.Location{Column: 2, BankGroup: 1}},
		{"hbm2-ramulator2", "MOP4CLXOR", 1 << 10, bank.Location{PseudoChannel: 1}},
		{"hbm2-ramulator2", "MOP4CLXOR", 32 << 10, bank.Location{Column: 4, BankGroup: 2}},
		{"hbm2-ramulator2", "MOP4CLXOR", 128 << 10, bank.Location{Column: 16, Bank: 2}},
	} {
		s := preset(t, c.preset)
		s.Mapping = c.mapping
		m, err := bank.ParseMapping(s)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, m.Locate(c.addr)); d != "" {
			t.Errorf("%s at %#x (-want +got):\n%s", c.mapping, c.addr, d)
		}
	}
}

// Every order of the fields gives each burst a place of its own.
func TestMappingsAreOneToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := func(name string) int { return 1 << rapid.IntRange(0, 3).Draw(t, name) }
		s := bank.Spec{Channels: size("ch"), PseudoChannels: size("pc"), BankGroups: size("bg"), Banks: size("ba"),
			Rows: size("ro"), Columns: size("co"), BurstBytes: 32}
		parts := rapid.Permutation([]string{"ro", "co", "ba", "bg", "pc", "ch"}).Draw(t, "order")
		for i, p := range parts {
			if p == "co" && i < 5 && rapid.Bool().Draw(t, "split") {
				parts[5] += "co1"
			}
		}
		s.Mapping = strings.Join(parts, "")
		if rapid.Bool().Draw(t, "xor") {
			s.Mapping += "+xor"
		}
		m, err := bank.ParseMapping(s)
		if err != nil {
			t.Skip(err) // the split took all of the column, and its other part has none left
		}
		seen := map[bank.Location]bool{}
		for a := int64(0); a < s.CapacityBytes(); a += 32 {
			l := m.Locate(uint64(a))
			if seen[l] {
				t.Fatalf("%s: %#x shares %+v", s.Mapping, a, l)
			}
			seen[l] = true
		}
		for l := range seen {
			if int(l.Channel) >= s.Channels || int(l.PseudoChannel) >= s.PseudoChannels || int(l.BankGroup) >= s.BankGroups ||
				int(l.Bank) >= s.Banks || int(l.Row) >= s.Rows || int(l.Column) >= s.Columns {
				t.Fatalf("%s: %+v is outside", s.Mapping, l)
			}
		}
	})
}

func TestBadMappings(t *testing.T) {
	for mapping, want := range map[string]string{
		"rorabgbach":       "leaves 5 bits of column (co) without a place",
		"rorabgbachcoco":   "names column (co) more than once",
		"rorabgbachxx":     `at "xx"`,
		"rorabgbachco2":    "leaves 3 bits of column (co) without a place",
		"rorabgbachc":      `at "c"`,
		"":                 "leaves 15 bits of row (ro) without a place",
		"rorabgbachco9999": "no number of bits",
	} {
		s := preset(t, "hbm2-dramsim3")
		s.Mapping = mapping
		if _, err := bank.ParseMapping(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", mapping, err, want)
		}
	}
}
