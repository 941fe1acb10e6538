package topology

// Kind says what a node is.
type Kind uint8

// The kinds of nodes.
const (
	KindAttention Kind = iota // the attention chiplet
	KindSwitch                // a router; in a NoP-Tree, a NoP switch
	KindExpert                // an expert chiplet
	KindStack                 // a DRAM stack
	KindEndpoint              // a source and sink of synthetic traffic
)

var kindNames = [...]string{"attention", "switch", "expert", "stack", "endpoint"}

// String returns the name used in reports.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// The kinds of networks, as Graph.Kind names them.
const (
	NetworkNoPTree  = "nop-tree"
	NetworkMesh     = "mesh"
	NetworkTorus    = "torus"
	NetworkRing     = "ring"
	NetworkCrossbar = "crossbar"
	NetworkCustom   = "custom" // from nodes and edges
)

// Level says where in the network an edge lies; the width of a link is chosen per
// level, and in deep trees per level and Depth.
type Level uint8

// The levels of edges.
const (
	LevelRoot           Level = iota // root of a tree to the switches below it
	LevelLeaf                        // switch to expert chiplet
	LevelStack                       // switch to DRAM stack
	LevelAttentionStack              // attention chiplet, or the router it is at, to its DRAM stacks
	LevelMid                         // switch to switch below the root links of a tree
	LevelAttention                   // router to attention chiplet
	LevelRouter                      // router to router in networks that are no trees
	LevelEndpoint                    // router to endpoint of synthetic traffic
)

var levelNames = [...]string{"root", "leaf", "stack", "attention-stack", "mid", "attention", "router", "endpoint"}

// String returns the name used in configs and reports.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}
