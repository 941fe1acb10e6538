package bank

// device is the state of the DRAM behind one channel: which rows are open, and
// for each constraint the first cycle that it allows. A command's constraints are
// kept at the level they span, and its earliest cycle is the latest of its levels.
type device struct {
	delays
	banks   []bankState   // pseudo-channel, bank group, bank
	groups  []groupState  // pseudo-channel, bank group
	pseudos []pseudoState // pseudo-channel
	// open is the set of banks with an open row.
	open uint64
	// rowBus is the first cycle with the row command bus free.
	rowBus                  int64
	groupShift, pseudoShift uint
}

type bankState struct {
	row              int32 // meaningful if open
	accesses         int32 // since the row was opened
	act, rd, wr, pre int64
}

type groupState struct{ act, rd, wr int64 }

type pseudoState struct {
	act, rd, wr, prea, ref, refb int64
	// acts are the cycles of the last four activations, the oldest at next.
	acts [4]int64
	next int
}

// delays are the spans from command to command, in cycles, from first cycle to
// first cycle.
type delays struct {
	actHold                                  int64
	actToRD, actToWR, actToPRE, actToREF     int64
	actToAct, actToActS, actToActL, fourActs int64
	preToAct, preToREF                       int64
	rdToRDS, rdToRDL, rdToWR, rdToPRE        int64
	wrToWRS, wrToWRL, wrToRDS, wrToRDL       int64
	wrToPRE, refToAct                        int64
	refbToAct, refbToOther                   int64
	readData                                 int64 // RD to the end of its burst
}

func newDelays(t Timing) delays {
	c := func(n int) int64 { return int64(n) }
	hold := c(t.ACTCycles) - 1 // what follows an ACT counts from its last cycle
	write := c(t.CWL + t.BL)
	return delays{
		actHold: c(t.ACTCycles),
		actToRD: c(t.RCDRD) + hold, actToWR: c(t.RCDWR) + hold, actToPRE: c(t.RAS) + hold, actToREF: c(t.RC) + hold,
		actToAct: c(t.RC), actToActS: c(t.RRDS), actToActL: c(t.RRDL), fourActs: c(t.FAW),
		preToAct: max(c(t.RP)-hold, 1), preToREF: c(t.RP),
		rdToRDS: c(max(t.BL, t.CCDS)), rdToRDL: c(max(t.BL, t.CCDL)), rdToWR: c(t.CL + t.BL + t.RTW - t.CWL), rdToPRE: c(t.RTP),
		wrToWRS: c(max(t.BL, t.CCDS)), wrToWRL: c(max(t.BL, t.CCDL)), wrToRDS: write + c(t.WTRS), wrToRDL: write + c(t.WTRL),
		wrToPRE: write + c(t.WR), refToAct: max(c(t.RFC)-hold, 1),
		refbToAct: max(c(t.RFCB)-hold, 1), refbToOther: max(c(t.RREFD)-hold, 1),
		readData: c(t.CL + t.BL),
	}
}

// never is before every constraint.
const never = -1 << 40

func newDevice(s Spec) device {
	d := device{
		delays: newDelays(s.Timing),
		banks:  make([]bankState, s.banksPerChannel()), groups: make([]groupState, s.PseudoChannels*s.BankGroups),
		pseudos:    make([]pseudoState, s.PseudoChannels),
		groupShift: log2(s.Banks), pseudoShift: log2(s.banksPerPseudo()),
	}
	for i := range d.pseudos {
		d.pseudos[i].acts = [4]int64{never, never, never, never}
	}
	return d
}

// actAt is the first cycle for an ACT to a closed bank, the row bus apart.
func (d *device) actAt(b int) int64 {
	return max(d.banks[b].act, d.groups[b>>d.groupShift].act, d.pseudos[b>>d.pseudoShift].act)
}

// preAt is the first cycle for a PRE to an open bank, the row bus apart.
func (d *device) preAt(b int) int64 { return d.banks[b].pre }

// rdAt is the first cycle for a RD from the open row of a bank.
func (d *device) rdAt(b int) int64 {
	return max(d.banks[b].rd, d.groups[b>>d.groupShift].rd, d.pseudos[b>>d.pseudoShift].rd)
}

// wrAt is the first cycle for a WR to the open row of a bank.
func (d *device) wrAt(b int) int64 {
	return max(d.banks[b].wr, d.groups[b>>d.groupShift].wr, d.pseudos[b>>d.pseudoShift].wr)
}

// columnAt is rdAt or wrAt.
func (d *device) columnAt(b int, write bool) int64 {
	if write {
		return d.wrAt(b)
	}
	return d.rdAt(b)
}

// preaAt is the first cycle for a PREA of a pseudo-channel.
func (d *device) preaAt(p int) int64 { return max(d.pseudos[p].prea, d.rowBus) }

// refAt is the first cycle for a REF of a pseudo-channel, all banks closed.
func (d *device) refAt(p int) int64 { return max(d.pseudos[p].ref, d.rowBus) }

// refbAt is the first cycle for a REFB of a closed bank.
func (d *device) refbAt(b int) int64 {
	return max(d.actAt(b)+d.actHold-1, d.pseudos[b>>d.pseudoShift].refb, d.rowBus)
}

// act opens a row at cycle t.
func (d *device) act(b int, row int32, t int64) {
	bank, g, p := &d.banks[b], &d.groups[b>>d.groupShift], &d.pseudos[b>>d.pseudoShift]
	d.open |= 1 << b
	bank.row, bank.accesses = row, 0
	bank.rd, bank.wr, bank.pre, bank.act = t+d.actToRD, t+d.actToWR, t+d.actToPRE, t+d.actToAct
	g.act = max(g.act, t+d.actToActL)
	p.acts[p.next] = t
	p.next = (p.next + 1) & 3
	p.act = max(p.act, t+d.actToActS, p.acts[p.next]+d.fourActs)
	p.prea = max(p.prea, t+d.actToPRE)
	p.ref = max(p.ref, t+d.actToREF)
	d.rowBus = t + d.actHold
}

// pre closes a bank at cycle t.
func (d *device) pre(b int, t int64) {
	d.close(b, t)
	d.rowBus = t + 1
}

// close makes a bank's row be closed from cycle t on.
func (d *device) close(b int, t int64) {
	d.open &^= 1 << b
	d.banks[b].act = max(d.banks[b].act, t+d.preToAct)
	p := &d.pseudos[b>>d.pseudoShift]
	p.ref = max(p.ref, t+d.preToREF)
}

// prea closes all banks of a pseudo-channel at cycle t.
func (d *device) prea(p int, t int64) {
	for b := p << d.pseudoShift; b < (p+1)<<d.pseudoShift; b++ {
		if d.open>>b&1 != 0 {
			d.close(b, t)
		}
	}
	d.rowBus = t + 1
}

// rd reads a burst at cycle t.
func (d *device) rd(b int, t int64) {
	bank, g, p := &d.banks[b], &d.groups[b>>d.groupShift], &d.pseudos[b>>d.pseudoShift]
	bank.accesses++
	bank.pre = max(bank.pre, t+d.rdToPRE)
	g.rd = max(g.rd, t+d.rdToRDL)
	p.rd = max(p.rd, t+d.rdToRDS)
	p.wr = max(p.wr, t+d.rdToWR)
	p.prea = max(p.prea, t+d.rdToPRE)
}

// wr writes a burst at cycle t.
func (d *device) wr(b int, t int64) {
	bank, g, p := &d.banks[b], &d.groups[b>>d.groupShift], &d.pseudos[b>>d.pseudoShift]
	bank.accesses++
	bank.pre = max(bank.pre, t+d.wrToPRE)
	g.wr = max(g.wr, t+d.wrToWRL)
	g.rd = max(g.rd, t+d.wrToRDL)
	p.wr = max(p.wr, t+d.wrToWRS)
	p.rd = max(p.rd, t+d.wrToRDS)
	p.prea = max(p.prea, t+d.wrToPRE)
}

// autoPrecharge closes the bank of the column command just issued as early as the
// row allows.
func (d *device) autoPrecharge(b int) { d.close(b, d.banks[b].pre) }

// ref refreshes all banks of a pseudo-channel at cycle t.
func (d *device) ref(p int, t int64) {
	s := &d.pseudos[p]
	s.act = max(s.act, t+d.refToAct) // REFI is longer than RFC, so that the next REF is later still
	d.rowBus = t + 1
}

// refb refreshes one bank at cycle t.
func (d *device) refb(b int, t int64) {
	p := &d.pseudos[b>>d.pseudoShift]
	d.banks[b].act = max(d.banks[b].act, t+d.refbToAct)
	p.act = max(p.act, t+d.refbToOther)
	p.refb = max(p.refb, t+d.refbToOther)
	d.rowBus = t + 1
}
