package report

import (
	"encoding/json"
)

// SummarySchema is the version of summary.json that this program writes;
// docs/outputs.md says how it may change.
const SummarySchema = "mozart.summary/1"

// Summary is summary.json.
type Summary struct {
	Schema string `json:"schema"`
	// Program is the version of the program that made the numbers.
	Program      string `json:"program"`
	Experiment   string `json:"experiment"`
	ConfigSHA256 string `json:"config_sha256"`
	Seed         uint64 `json:"seed"`
	Model        string `json:"model"`
	Policy       string `json:"policy"`
	Topology     string `json:"topology"`
	// Status is done, interrupted, or failed.
	Status       string       `json:"status"`
	Fidelity     Fidelity     `json:"fidelity"`
	Engine       Engine       `json:"engine"`
	Result       Result       `json:"result"`
	Breakdown    []Phase      `json:"breakdown"`
	Arithmetic   []Arithmetic `json:"arithmetic"`
	Energy       Energy       `json:"energy"`
	Reduction    Reduction    `json:"reduction"`
	Imbalance    Imbalance    `json:"imbalance"`
	Conservation Conservation `json:"conservation"`
	// Stacks is what each memory stack has to hold.
	Stacks []StackUse `json:"stacks"`
	// Notes are sentences that a reader of the numbers has to know.
	Notes []string `json:"notes"`
}

// StackUse is what lies in one stack during the step, in bytes.
type StackUse struct {
	Stack string `json:"stack"`
	// Of is whose the stack is: "the attention chiplet" or "group 2".
	Of          string `json:"of"`
	Capacity    int64  `json:"capacity_bytes"`
	Weights     int64  `json:"weights_bytes"`
	Gradients   int64  `json:"gradients_bytes"`
	Optimizer   int64  `json:"optimizer_bytes"`
	Activations int64  `json:"activations_bytes"`
}

// Total is the sum of the kinds.
func (s StackUse) Total() int64 { return s.Weights + s.Gradients + s.Optimizer + s.Activations }

// Fidelity is the level of detail that made the numbers.
type Fidelity struct {
	NoP     string `json:"nop"`
	HBM     string `json:"hbm"`
	Compute string `json:"compute"`
}

// Engine is how the host ran the emulation; none of it enters the digest.
type Engine struct {
	Kind         string  `json:"kind"`
	Threads      int     `json:"threads"`
	Domains      int     `json:"domains"`
	Events       uint64  `json:"events"`
	WallS        float64 `json:"wall_s"`
	EventsPerS   float64 `json:"events_per_s"`
	PeakRSSBytes int64   `json:"peak_rss_bytes"`
	// PerDomain has a row per engine domain of a parallel run: first the attention
	// chiplet with its stacks, then the switch groups.
	PerDomain []Domain `json:"per_domain,omitempty"`
}

// Domain says how an engine domain took part in a parallel run.
type Domain struct {
	Events uint64 `json:"events"`
	// Crossed is the number of packets and credits that came in from other domains.
	Crossed uint64 `json:"crossed"`
	// Syncs is how often the domain had to learn from the others how far it may go.
	Syncs         uint64  `json:"syncs"`
	EventsPerSync float64 `json:"events_per_sync"`
	// WaitedS is the wall time that it had something to do and might not yet.
	WaitedS float64 `json:"waited_s"`
}

// Result is the step. Energy and power are no part of the digest, which is of what
// happened and not of what it cost.
type Result struct {
	StepCycles  int64   `json:"step_cycles"`
	StepSeconds float64 `json:"step_seconds"`
	Tokens      int64   `json:"tokens"`
	CT          float64 `json:"ct"`
	TokensPerS  float64 `json:"tokens_per_s"`
	EnergyJ     float64 `json:"energy_j"`
	AvgPowerW   float64 `json:"avg_power_w"`
	Digest      string  `json:"digest"`
}

// Phase is one phase of the step; exposed_s add up to step_seconds, and energy_j to
// that of the step.
type Phase struct {
	Phase    string  `json:"phase"`
	BusyS    float64 `json:"busy_s"`
	ExposedS float64 `json:"exposed_s"`
	EnergyJ  float64 `json:"energy_j"`
}

// Arithmetic is what the tile arrays of one kind of chiplets did.
type Arithmetic struct {
	// Chiplets is attention or expert, Count how many there are.
	Chiplets string `json:"chiplets"`
	Count    int    `json:"count"`
	// PeakFLOPsPerS is what the arrays of one chiplet can do, AchievedFLOPsPerS
	// what one did on the average while it ran matrix products.
	PeakFLOPsPerS     float64 `json:"peak_flops_per_s"`
	AchievedFLOPsPerS float64 `json:"achieved_flops_per_s"`
	// StallShare is the part of all arithmetic time in which operands or results
	// waited for SRAM.
	StallShare float64 `json:"stall_share"`
	// Busy times are those of arithmetic per chiplet over the step.
	BusyMinS  float64 `json:"busy_min_s"`
	BusyMeanS float64 `json:"busy_mean_s"`
	BusyMaxS  float64 `json:"busy_max_s"`
	// Mappings counts matrix products by the mapping to arrays that they had.
	Mappings map[string]int64 `json:"mappings,omitempty"`
}

// Reduction is what the switches did to the packets on their way up.
type Reduction struct {
	// Packets is how many contributions they took in, Sums how many finished sums
	// they sent on, and Evictions how many partial ones, because every entry was
	// taken.
	Packets   int64 `json:"packets"`
	Sums      int64 `json:"sums"`
	Evictions int64 `json:"evictions"`
}

// Imbalance is the load of the fullest chiplet and group over the mean, in
// (token, expert) pairs, averaged over layers.
type Imbalance struct {
	Chiplet float64 `json:"chiplet_tokens_max_over_mean"`
	Group   float64 `json:"group_tokens_max_over_mean"`
}

// Conservation is what a run checks of itself. Tokens count distinct (token,
// layer, direction). Bytes are summed over both ends of all links between
// nodes.
type Conservation struct {
	TokensDispatched      int64 `json:"tokens_dispatched"`
	TokensCombined        int64 `json:"tokens_combined"`
	ContributionsAsked    int64 `json:"contributions_asked"`
	ContributionsReturned int64 `json:"contributions_returned"`
	// Planned is what the program asks for, and the counter beside it what the
	// parts did: bytes at the stacks, operations of the arrays, token packets over
	// leaf links.
	StackBytesPlanned  int64 `json:"stack_bytes_planned"`
	StackBytes         int64 `json:"stack_bytes"`
	FLOPsPlanned       int64 `json:"flops_planned"`
	FLOPs              int64 `json:"flops"`
	LeafPacketsPlanned int64 `json:"leaf_token_packets_planned"`
	LeafPackets        int64 `json:"leaf_token_packets"`

	BytesSent     int64    `json:"bytes_sent"`
	BytesReceived int64    `json:"bytes_received"`
	CreditsOK     bool     `json:"credits_ok"`
	Ops           int64    `json:"ops"`
	OpsDone       int64    `json:"ops_done"`
	PartsIdle     bool     `json:"parts_idle"`
	PacketsLive   int64    `json:"packets_live"`
	Violations    []string `json:"violations"`
}

// Check fills Violations from the other fields.
func (c *Conservation) Check() {
	c.Violations = []string{}
	check := func(ok bool, what string) {
		if !ok {
			c.Violations = append(c.Violations, what)
		}
	}
	check(c.TokensDispatched == c.TokensCombined, "tokens dispatched differ from tokens combined")
	check(c.ContributionsAsked == c.ContributionsReturned, "expert outputs asked for differ from those returned")
	check(c.StackBytes == c.StackBytesPlanned, "bytes at the stacks differ from the program's loads and stores")
	check(c.FLOPs == c.FLOPsPlanned, "operations of the arrays differ from the program's")
	check(c.LeafPackets == c.LeafPacketsPlanned, "token packets over leaf links differ from the program's")
	check(c.BytesSent == c.BytesReceived, "bytes sent differ from bytes received")
	check(c.CreditsOK, "credits have not come home")
	check(c.Ops == c.OpsDone, "not every op was done")
	check(c.PartsIdle, "a part is not idle")
	check(c.PacketsLive == 0, "packets were lost")
}

// Marshal is the JSON text of the summary, with a final newline.
func (s *Summary) Marshal() ([]byte, error) {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(data, '\n'), nil
}
