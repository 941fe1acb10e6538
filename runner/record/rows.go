package record

import (
	"iter"

	"mozart/interconnect/port"
)

// LinkRow is one virtual channel in one direction of one link over a whole run. Means
// and quantiles over time are over the cycles of the run; those of waits are over all
// packets, at flit fidelity of input_wait over flits. A quantile is exact below 16,
// else at most one eighth too high. What was not recorded is 0.
type LinkRow struct {
	// Link is the name of the link, From and To are the ports at its ends.
	Link string `parquet:"link,dict"`
	From string `parquet:"from,dict"`
	To   string `parquet:"to,dict"`
	// Level is the place of the link in the topology, such as root or leaf.
	Level string `parquet:"level,dict"`
	// Class is the traffic class of the channel, such as token or weight, VC its number.
	Class string `parquet:"class,dict"`
	VC    int32  `parquet:"vc"`
	// BitsPerCycle is the bandwidth: wires times rate.
	BitsPerCycle int64 `parquet:"bits_per_cycle"`
	// Packets and Bytes are what arrived, Bytes on the wires. Flits is 0 at packet
	// fidelity.
	Packets int64 `parquet:"packets"`
	Flits   int64 `parquet:"flits"`
	Bytes   int64 `parquet:"bytes"`
	// BusyCycles are those in which the channel held the wires.
	BusyCycles int64 `parquet:"busy_cycles"`
	// CreditStallCycles are those in which a packet or flit was ready, the link free,
	// and no credit there.
	CreditStallCycles int64 `parquet:"credit_stall_cycles"`
	// ArbitrationStallCycles are those in which the oldest packet or flit had its credit
	// and others were chosen or held the wires.
	ArbitrationStallCycles int64 `parquet:"arbitration_stall_cycles"`
	// AllocationStallCycles are those in which heads waited for this virtual channel, or
	// another of the class, and got this one; 0 at packet fidelity.
	AllocationStallCycles int64 `parquet:"allocation_stall_cycles"`
	// Utilization is BusyCycles over the cycles of the run, 0 to 1.
	Utilization float64 `parquet:"utilization"`
	// Queue is the number of packets that wait at the sending end, and QueueWait for how
	// many cycles, from the first one in which a packet could have started.
	QueueMean           float64 `parquet:"queue_mean"`
	QueueP99            int64   `parquet:"queue_p99"`
	QueueMax            int64   `parquet:"queue_max"`
	QueueWaitMeanCycles float64 `parquet:"queue_wait_mean_cycles"`
	QueueWaitP99Cycles  int64   `parquet:"queue_wait_p99_cycles"`
	QueueWaitMaxCycles  int64   `parquet:"queue_wait_max_cycles"`
	// Buffer is the bytes in the input buffer of the router at the receiving end.
	BufferMeanBytes float64 `parquet:"buffer_mean_bytes"`
	BufferP99Bytes  int64   `parquet:"buffer_p99_bytes"`
	BufferMaxBytes  int64   `parquet:"buffer_max_bytes"`
	// InputWait is the time from the arrival of a head, or of a flit, at that router to
	// its departure from the buffer.
	InputWaitMeanCycles float64 `parquet:"input_wait_mean_cycles"`
	InputWaitP99Cycles  int64   `parquet:"input_wait_p99_cycles"`
	InputWaitMaxCycles  int64   `parquet:"input_wait_max_cycles"`
	// InputFullStallCycles and InputArbitrationStallCycles are those in which the oldest
	// packet in that buffer could have moved, but for room at its output, and after
	// there had been some that others got; 0 at flit fidelity.
	InputFullStallCycles        int64 `parquet:"input_full_stall_cycles"`
	InputArbitrationStallCycles int64 `parquet:"input_arbitration_stall_cycles"`
}

// LinkWindowRow is what one virtual channel in one direction of one link carried
// in a window of time.
type LinkWindowRow struct {
	// Link, From, To, Class and VC are those of a LinkRow.
	Link  string `parquet:"link,dict"`
	From  string `parquet:"from,dict"`
	To    string `parquet:"to,dict"`
	Class string `parquet:"class,dict"`
	VC    int32  `parquet:"vc"`
	// StartCycle is the first cycle of the window, Cycles its length.
	StartCycle int64 `parquet:"start_cycle"`
	Cycles     int64 `parquet:"cycles"`
	// Bytes is what was on the wires.
	Bytes int64 `parquet:"bytes"`
}

// LinkWindows is what links carried over time.
type LinkWindows struct {
	// Cycles is the length of a window.
	Cycles int64
	// Bytes has, for every LinkRow, a number per window. Windows without bytes at the
	// end are left out.
	Bytes [][]int64
}

// Rows are the windows that have bytes, by link row and time. Links are the rows that
// Bytes goes by.
func (w *LinkWindows) Rows(links []LinkRow) iter.Seq[LinkWindowRow] {
	return func(yield func(LinkWindowRow) bool) {
		for i, series := range w.Bytes {
			l := &links[i]
			for k, n := range series {
				row := LinkWindowRow{
					Link: l.Link, From: l.From, To: l.To, Class: l.Class, VC: l.VC,
					StartCycle: int64(k) * w.Cycles, Cycles: w.Cycles, Bytes: n,
				}
				if n > 0 && !yield(row) {
					return
				}
			}
		}
	}
}

// ResourceRow is one counter of one part over a whole run.
type ResourceRow struct {
	// Component is the part's name in the system.
	Component string `parquet:"component,dict"`
	// Metric is the counter's name.
	Metric string  `parquet:"metric,dict"`
	Value  float64 `parquet:"value"`
	// Unit is that of Value, such as cycles or bytes.
	Unit string `parquet:"unit,dict"`
}

// OpRow is one op of the program as one part executed it.
type OpRow struct {
	// ID is the op's number in the program.
	ID int64 `parquet:"id,delta"`
	// Component is the part that executed it.
	Component string `parquet:"component,dict"`
	// Kind is what kind of work it was, Phase the part of the step it belongs to.
	Kind  string `parquet:"kind,dict"`
	Phase string `parquet:"phase,dict"`
	// Name says what it was in words.
	Name string `parquet:"name,dict"`
	// Layer, MicroBatch and Expert count from 0; -1 is none.
	Layer      int32 `parquet:"layer"`
	MicroBatch int32 `parquet:"micro_batch"`
	Expert     int32 `parquet:"expert"`
	// StartCycle is the first cycle of work, EndCycle the one at which the result
	// was there: the op took EndCycle - StartCycle cycles.
	StartCycle int64 `parquet:"start_cycle,delta"`
	EndCycle   int64 `parquet:"end_cycle,delta"`
	// M, K and N are the shape of a matrix product, (M x K) times (K x N), and
	// Count how many of them there were; 0 for other kinds.
	M     int64 `parquet:"m"`
	K     int64 `parquet:"k"`
	N     int64 `parquet:"n"`
	Count int64 `parquet:"count"`
	// Bytes are those moved, Tokens those concerned, Flops the floating-point
	// operations, a multiply-add being two.
	Bytes  int64 `parquet:"bytes"`
	Tokens int64 `parquet:"tokens"`
	Flops  int64 `parquet:"flops"`
	// StallCycles are those between start and end that waited for data or room.
	StallCycles int64 `parquet:"stall_cycles"`
}

// ResourceRows makes the rows of one part's counters, in their order.
func ResourceRows(component string, metrics []port.Metric) []ResourceRow {
	rows := make([]ResourceRow, len(metrics))
	for i, m := range metrics {
		rows[i] = ResourceRow{Component: component, Metric: m.Name, Value: m.Value, Unit: m.Unit}
	}
	return rows
}
