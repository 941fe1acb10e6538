package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"mozart/runner/record"
	"mozart/workloads/chakra"
	"mozart/workloads/op"
)

// traceExtension is that of Chakra's execution traces.
const traceExtension = ".et"

// writeChakra writes a trace per rank into a folder, and says what they lose.
func (s *session) writeChakra(out string, f op.File) error {
	err := record.WriteFolder(out, traceExtension, func(dir string) error {
		for rank := range f.Program.Devices {
			name := filepath.Join(dir, fmt.Sprintf("program.%d%s", rank, traceExtension))
			if err := record.WriteStream(name, func(w io.Writer) error { return chakra.Export(w, f, rank) }); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, record.ErrForeignFolder) {
		err = &inputError{err}
	}
	if err != nil {
		return err
	}
	s.log.Info().Str("dir", out).Int("ranks", len(f.Program.Devices)).Msg("written")
	for _, loss := range chakra.ExportLosses(f.Program) {
		s.log.Info().Str("other_readers", loss).Msg("chakra")
	}
	return nil
}

var traceName = regexp.MustCompile(`^(.*\.)([0-9]+)\` + traceExtension + `$`)

// traceFiles are the traces of all ranks in a folder, in order.
func traceFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	byRank, stem := map[int]string{}, ""
	for _, e := range entries {
		m := traceName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		rank, err := strconv.Atoi(m[2])
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: found rank %s, want a small number", e.Name(), m[2])
		case byRank[rank] != "":
			return nil, fmt.Errorf("found %s and %s, want one trace of each rank", byRank[rank], e.Name())
		case stem != "" && stem != m[1]:
			return nil, fmt.Errorf("found traces of %s* and %s*, want those of one program", stem, m[1])
		}
		byRank[rank], stem = e.Name(), m[1]
	}
	files := make([]string, len(byRank))
	for rank := range files {
		if byRank[rank] == "" {
			return nil, fmt.Errorf("found no NAME.%d%s, want traces of all %d ranks from 0", rank, traceExtension, len(files))
		}
		files[rank] = filepath.Join(dir, byRank[rank])
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("found no NAME.RANK%s, want a Chakra trace of each rank", traceExtension)
	}
	return files, nil
}

// readChakra reads the traces in a folder, and says what was lost.
func (s *session) readChakra(dir string) (f op.File, err error) {
	files, err := traceFiles(dir)
	if err != nil {
		return f, &inputError{fmt.Errorf("%s: %w", dir, err)}
	}
	var readers []io.Reader
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return f, &inputError{err}
		}
		defer func() { _ = file.Close() }() // it was only read
		readers = append(readers, file)
	}
	f, losses, err := chakra.Import(readers)
	if err != nil {
		return f, &inputError{fmt.Errorf("%s: %w", dir, err)}
	}
	for _, loss := range losses {
		s.log.Warn().Str("loss", loss).Msg("chakra")
		f.About.Routing += "; " + loss
	}
	return f, nil
}

var programFormats = []string{"mozart", "chakra"}

// checkFormat reads --format.
func checkFormat(format string) error {
	if !slices.Contains(programFormats, format) {
		return unknown("format", format, programFormats)
	}
	return nil
}
