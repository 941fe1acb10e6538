// Package topology is the package's network as a graph: nodes, links, routes and
// the cut into engine domains. It knows no engine and no component; build wires
// parts from it, and the analytic model counts hops on it.
//
// # Model
//
// A Graph is undirected and connected. Every end of an edge sits on a numbered
// port of its node. Routes are shortest paths by hops; among equally short ones
// a node takes the lowest port, so a route depends on nothing but the graph.
//
// NoPTree is the network of the Mozart paper (arXiv 2603.07006, figure of the
// NoP-Tree): the attention chiplet at the root, one switch per group of expert
// chiplets, DRAM stacks at the switches and at the root.
//
// # Not modelled
//
// Wire lengths and positions; routes that depend on load.
//
// # Laws the tests hold
//
//   - every node reaches every other one, in Hops steps and without a loop;
//   - a step along a route shortens the way that is left by exactly one hop;
//   - Domain is total: every node lies in one domain, numbered from 0 without a gap.
package topology
