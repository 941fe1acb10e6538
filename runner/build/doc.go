// Package build wires a system out of parts: chiplets, switches, stacks and
// links, as the topology says, for one config and one program. It is the only
// room that knows all parts; whoever runs the system sees the common Part.
package build
