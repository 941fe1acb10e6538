// Package topology is a network as a graph: nodes, links, routes and the cut into
// engine domains. It knows no engine and no component; build wires parts from it,
// and the analytic model counts hops on it.
//
// # Model
//
// A Graph is undirected and connected. Every end of an edge sits on a numbered
// port of its node. A route depends on node and destination alone (Hop, NextPort),
// so that a router needs one table; Hop adds the lane, a class of virtual channels,
// that keeps rings of links from deadlock.
//
// NoPTree is the network of the Mozart paper (arXiv 2603.07006, figure of the
// NoP-Tree): the attention chiplet at the root, one switch per group of expert
// chiplets, DRAM stacks at the switches and at the root; and trees of any depth
// made in the same way. Mesh, Torus, Ring and Crossbar carry endpoints of synthetic
// traffic; Package puts the nodes of a NoP-Tree on one of them; FromEdges takes any
// network.
//
//	network               routing                                       lanes
//	NoP-Tree, crossbar    shortest path                                 1
//	mesh                  dimension order, x first                      1
//	torus, ring           dimension order, the shorter way, dateline    2
//	FromEdges             up*/down*; or shortest path if it cannot      1
//	                      deadlock
//
// # Not modelled
//
// Wire lengths and positions; routes that depend on load, or on the way so far.
//
// # Laws the tests hold
//
//   - every endpoint reaches every other one, in Hops links and without a loop;
//   - the channel dependency graph over (channel, lane) has no cycle (Cycle), in
//     every network but those from New, which takes any;
//   - inside a route of a network from FromEdges there are routers only, but for the
//     endpoint that a stack hangs at;
//   - Domain is total: every node lies in one domain, numbered from 0 without a gap;
//   - no cut into halves is cheaper than a Bisection that says it is exact.
package topology
