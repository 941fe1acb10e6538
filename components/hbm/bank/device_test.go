package bank

import "testing"

// slow has a different time for everything, and nothing that one constraint could
// hide behind another: each case sets what it looks at far above the rest.
func slow(change func(*Timing)) Spec {
	t := Timing{ACTCycles: 1, BL: 1, CL: 10, CWL: 3, RCDRD: 1, RCDWR: 1, RP: 1, RAS: 1, RC: 1}
	change(&t)
	return Spec{Channels: 1, PseudoChannels: 2, BankGroups: 2, Banks: 4, Rows: 16, Columns: 16, BurstBytes: 32, TCKPs: 1000, Timing: t}
}

// Banks of the first pseudo-channel are 0 to 3 in one group and 4 to 7 in the other,
// of the second 8 to 15.
const (
	here       = 0 // the bank of the first command
	sibling    = 1 // of the same group
	otherGroup = 4
	otherHalf  = 8 // of the other pseudo-channel
)

// Each constraint blocks a command at cycle n-1 and lets it go at n, where the
// first command was at cycle 100; and it does not reach further than it should.
func TestConstraints(t *testing.T) {
	act := func(b int) func(*device, int64) { return func(d *device, t int64) { d.act(b, 3, t) } }
	rd := func(b int) func(*device, int64) { return func(d *device, t int64) { d.rd(b, t) } }
	wr := func(b int) func(*device, int64) { return func(d *device, t int64) { d.wr(b, t) } }
	pre := func(b int) func(*device, int64) { return func(d *device, t int64) { d.pre(b, t) } }
	actAt := func(b int) func(*device) int64 { return func(d *device) int64 { return max(d.actAt(b), d.rowBus) } }
	rdAt := func(b int) func(*device) int64 { return func(d *device) int64 { return d.rdAt(b) } }
	wrAt := func(b int) func(*device) int64 { return func(d *device) int64 { return d.wrAt(b) } }
	preAt := func(b int) func(*device) int64 { return func(d *device) int64 { return max(d.preAt(b), d.rowBus) } }
	refAt := func(p int) func(*device) int64 { return func(d *device) int64 { return d.refAt(p) } }
	const free = 0 // not blocked at all
	for _, c := range []struct {
		name   string
		timing func(*Timing)
		first  func(*device, int64)
		next   func(*device) int64
		want   int64 // cycles after the first
	}{
		{"tRCDRD", func(t *Timing) { t.RCDRD = 50 }, act(here), rdAt(here), 50},
		{"tRCDRD, two-cycle ACT", func(t *Timing) { t.RCDRD, t.ACTCycles = 50, 2 }, act(here), rdAt(here), 51},
		{"tRCDRD, other bank", func(t *Timing) { t.RCDRD = 50 }, act(here), rdAt(sibling), free},
		{"tRCDWR", func(t *Timing) { t.RCDWR = 50 }, act(here), wrAt(here), 50},
		{"tRAS", func(t *Timing) { t.RAS = 50 }, act(here), preAt(here), 50},
		{"tRAS, two-cycle ACT", func(t *Timing) { t.RAS, t.ACTCycles = 50, 2 }, act(here), preAt(here), 51},
		{"tRAS of PREA", func(t *Timing) { t.RAS = 50 }, act(here), func(d *device) int64 { return d.preaAt(0) }, 50},
		{"tRAS of PREA, other half", func(t *Timing) { t.RAS = 50 }, act(here), func(d *device) int64 { return d.preaAt(1) }, 1},
		{"tRC", func(t *Timing) { t.RC = 50 }, act(here), actAt(here), 50},
		{"tRC, other bank", func(t *Timing) { t.RC = 50 }, act(here), actAt(sibling), 1},
		{"tRC of REF", func(t *Timing) { t.RC = 50 }, act(here), refAt(0), 50},
		{"tRC of REF, other half", func(t *Timing) { t.RC = 50 }, act(here), refAt(1), 1},
		{"row bus", func(t *Timing) { t.ACTCycles = 7 }, act(here), actAt(otherHalf), 7},
		{"row bus, PRE", func(t *Timing) { t.ACTCycles = 7 }, act(here), preAt(otherHalf), 7},
		{"tRP", func(t *Timing) { t.RP = 50 }, pre(here), actAt(here), 50},
		{"tRP to a two-cycle ACT", func(t *Timing) { t.RP, t.ACTCycles = 50, 2 }, pre(here), actAt(here), 49},
		{"tRP, other bank", func(t *Timing) { t.RP = 50 }, pre(here), actAt(sibling), 1},
		{"tRP of REF", func(t *Timing) { t.RP = 50 }, pre(here), refAt(0), 50},
		{"tRP after PREA", func(t *Timing) { t.RP = 50 }, func(d *device, t int64) { d.act(sibling, 1, 0); d.prea(0, t) }, actAt(sibling), 50},
		{"tRTP", func(t *Timing) { t.RTP = 50 }, rd(here), preAt(here), 50},
		{"tRTP, other bank", func(t *Timing) { t.RTP = 50 }, rd(here), preAt(sibling), free},
		{"tRTP of PREA", func(t *Timing) { t.RTP = 50 }, rd(here), func(d *device) int64 { return d.preaAt(0) }, 50},
		{"tRTP and tRP after RDA", func(t *Timing) { t.RTP, t.RP = 50, 7 }, func(d *device, t int64) { d.rd(here, t); d.autoPrecharge(here) }, actAt(here), 57},
		{"tWR", func(t *Timing) { t.WR = 50 }, wr(here), preAt(here), 3 + 1 + 50},
		{"tWR of PREA", func(t *Timing) { t.WR = 50 }, wr(here), func(d *device) int64 { return d.preaAt(0) }, 3 + 1 + 50},
		{"tWR and tRP after WRA", func(t *Timing) { t.WR, t.RP = 50, 7 }, func(d *device, t int64) { d.wr(here, t); d.autoPrecharge(here) }, actAt(here), 3 + 1 + 50 + 7},
		{"tCCDL", func(t *Timing) { t.CCDL = 50 }, rd(here), rdAt(sibling), 50},
		{"tCCDL, other group", func(t *Timing) { t.CCDL = 50 }, rd(here), rdAt(otherGroup), 1},
		{"tCCDS", func(t *Timing) { t.CCDS = 50 }, rd(here), rdAt(otherGroup), 50},
		{"tCCDS, other half", func(t *Timing) { t.CCDS = 50 }, rd(here), rdAt(otherHalf), free},
		{"burst on the data bus", func(t *Timing) { t.BL = 50 }, rd(here), rdAt(otherGroup), 50},
		{"tCCDL of writes", func(t *Timing) { t.CCDL = 50 }, wr(here), wrAt(sibling), 50},
		{"tCCDS of writes", func(t *Timing) { t.CCDS = 50 }, wr(here), wrAt(otherGroup), 50},
		{"tRRDL", func(t *Timing) { t.RRDL = 50 }, act(here), actAt(sibling), 50},
		{"tRRDL, other group", func(t *Timing) { t.RRDL = 50 }, act(here), actAt(otherGroup), 1},
		{"tRRDS", func(t *Timing) { t.RRDS = 50 }, act(here), actAt(otherGroup), 50},
		{"tRRDS, other half", func(t *Timing) { t.RRDS = 50 }, act(here), actAt(otherHalf), 1},
		{"tFAW", func(t *Timing) { t.FAW = 50 }, func(d *device, t int64) {
			for i, b := range []int{0, 4, 1, 5} {
				d.act(b, 0, t+int64(4*i))
			}
		}, actAt(2), 50},
		{"tFAW, fourth ACT", func(t *Timing) { t.FAW = 50 }, func(d *device, t int64) {
			for i, b := range []int{0, 4, 1} {
				d.act(b, 0, t+int64(4*i))
			}
		}, actAt(2), 9},
		{"tFAW, after an old ACT", func(t *Timing) { t.FAW = 50 }, func(d *device, t int64) {
			d.act(6, 0, t-80)
			for i, b := range []int{0, 4, 1} {
				d.act(b, 0, t+int64(4*i))
			}
		}, actAt(2), 9},
		{"tFAW, other half", func(t *Timing) { t.FAW = 50 }, func(d *device, t int64) {
			for i, b := range []int{0, 4, 1, 5} {
				d.act(b, 0, t+int64(4*i))
			}
		}, actAt(otherHalf), 13},
		{"tWTRL", func(t *Timing) { t.WTRL = 50 }, wr(here), rdAt(sibling), 3 + 1 + 50},
		{"tWTRL, other group", func(t *Timing) { t.WTRL = 50 }, wr(here), rdAt(otherGroup), 3 + 1},
		{"tWTRS", func(t *Timing) { t.WTRS = 50 }, wr(here), rdAt(otherGroup), 3 + 1 + 50},
		{"tWTRS, other half", func(t *Timing) { t.WTRS = 50 }, wr(here), rdAt(otherHalf), free},
		{"read to write", func(t *Timing) { t.RTW = 50 }, rd(here), wrAt(otherGroup), 10 + 1 + 50 - 3},
		{"read to write, other half", func(t *Timing) { t.RTW = 50 }, rd(here), wrAt(otherHalf), free},
		{"tRFC", func(t *Timing) { t.RFC = 50 }, func(d *device, t int64) { d.ref(0, t) }, actAt(otherGroup), 50},
		{"tRFC, other half", func(t *Timing) { t.RFC = 50 }, func(d *device, t int64) { d.ref(0, t) }, actAt(otherHalf), 1},
		{"tRFC of one bank", func(t *Timing) { t.RFCB = 50 }, func(d *device, t int64) { d.refb(here, t) }, actAt(here), 50},
		{"tRFC of one bank, other bank", func(t *Timing) { t.RFCB = 50 }, func(d *device, t int64) { d.refb(here, t) }, actAt(sibling), 1},
		{"tRREFD", func(t *Timing) { t.RREFD = 50 }, func(d *device, t int64) { d.refb(here, t) }, actAt(otherGroup), 50},
		{"tRREFD to the next REFB", func(t *Timing) { t.RREFD = 50 }, func(d *device, t int64) { d.refb(here, t) }, func(d *device) int64 { return d.refbAt(otherGroup) }, 50},
		{"REFB after ACT", func(t *Timing) { t.RC, t.ACTCycles = 50, 2 }, act(here), func(d *device) int64 { return d.refbAt(here) }, 51},
	} {
		t.Run(c.name, func(t *testing.T) {
			const first = 100
			d := newDevice(slow(c.timing))
			c.first(&d, first)
			n := c.next(&d)
			switch {
			case c.want == free && n > first:
				t.Errorf("blocked until %d cycles after, must not be", n-first)
			case c.want != free && n > first+c.want:
				t.Errorf("blocked until %d cycles after, must be ready at %d", n-first, c.want)
			case c.want != free && n < first+c.want:
				t.Errorf("ready at %d cycles after, must be blocked at %d", n-first, c.want-1)
			}
		})
	}
}
