package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"mozart/runner/floorplan"
	"mozart/runner/record"
)

// thermalFolder is the folder of a run that a thermal simulation is started in.
const thermalFolder = "thermal"

// writeThermal writes the files of a thermal simulation; nothing if no trace was asked
// for.
func writeThermal(dir *record.Dir, t *floorplan.Trace, spec floorplan.Thermal) error {
	if t == nil {
		return nil
	}
	const permissions = 0o777 // before the umask
	if err := os.Mkdir(dir.Path(thermalFolder), permissions); err != nil {
		return err
	}
	write := func(name string, to func(io.Writer) error) error {
		var b bytes.Buffer
		if err := to(&b); err != nil {
			return err
		}
		return record.WriteFile(dir.Path(filepath.Join(thermalFolder, name)), b.Bytes())
	}
	return errors.Join(
		writeSpan(t, spec, floorplan.EverySlot, write, floorplan.TransientFile, floorplan.LogicFile, floorplan.MemoryFile),
		writeSpan(t, spec, floorplan.Mean, write, floorplan.SteadyFile, floorplan.MeanLogicFile, floorplan.MeanMemoryFile),
	)
}

// writeSpan writes a stack of layers and the floorplans that it names.
func writeSpan(t *floorplan.Trace, spec floorplan.Thermal, s floorplan.Span, write func(string, func(io.Writer) error) error, stack, logic, memory string) error {
	return errors.Join(
		write(stack, func(w io.Writer) error { return t.WriteStack(w, spec, s) }),
		write(logic, func(w io.Writer) error { return t.WriteLogic(w, s) }),
		write(memory, func(w io.Writer) error { return t.WriteMemory(w, s) }),
	)
}
