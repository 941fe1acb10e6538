// Package configs is the data that the binary carries: hardware, models,
// policies, routing tables and experiments. It only embeds and lists them;
// runner/config reads them.
package configs

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed hardware/*.yaml models/*.yaml policies/*.yaml experiments/*.yaml stacks/*.yaml routing/*.gz
var files embed.FS

// Kind is a folder of configs.
type Kind string

// The kinds of built-in configs.
const (
	Hardware    Kind = "hardware"
	Models      Kind = "models"
	Policies    Kind = "policies"
	Experiments Kind = "experiments"
	Stacks      Kind = "stacks"
)

const extension = ".yaml"

// Names lists the built-ins of a kind, sorted.
func Names(kind Kind) []string {
	return list(string(kind), extension)
}

// Read returns the text of a built-in and the name by which errors call it.
func Read(kind Kind, name string) (file string, data []byte, err error) {
	file = fmt.Sprintf("configs/%s/%s%s", kind, name, extension)
	data, err = files.ReadFile(fmt.Sprintf("%s/%s%s", kind, name, extension))
	return file, data, err
}

const tablesExtension = ".tables.gz"

// TableNames lists the built-in routing tables, sorted.
func TableNames() []string { return list("routing", tablesExtension) }

// OpenTables opens built-in routing tables for routing.UnpackTables.
func OpenTables(name string) (fs.File, error) {
	return files.Open("routing/" + name + tablesExtension)
}

func list(folder, suffix string) []string {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
