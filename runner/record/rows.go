package record

import "mozart/interconnect/port"

// LinkRow is one traffic class in one direction of one link over a whole run.
type LinkRow struct {
	// Link is the name of the link, From and To are the ports at its ends.
	Link string `parquet:"link,dict"`
	From string `parquet:"from,dict"`
	To   string `parquet:"to,dict"`
	// Level is the place of the link in the topology, such as root or leaf.
	Level string `parquet:"level,dict"`
	// Class is the traffic class that the row counts, such as token or weight.
	Class string `parquet:"class,dict"`
	// BitsPerCycle is the bandwidth: wires times rate.
	BitsPerCycle int64 `parquet:"bits_per_cycle"`
	// Packets and Bytes are what arrived, Bytes on the wires.
	Packets int64 `parquet:"packets"`
	Bytes   int64 `parquet:"bytes"`
	// BusyCycles are those in which the link was serializing a packet.
	BusyCycles int64 `parquet:"busy_cycles"`
	// CreditStallCycles are those in which a packet was ready, the link free, and
	// no credit there.
	CreditStallCycles int64 `parquet:"credit_stall_cycles"`
	// Utilization is BusyCycles over the cycles of the run, 0 to 1.
	Utilization float64 `parquet:"utilization"`
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
