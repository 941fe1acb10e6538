package main

import (
	"github.com/urfave/cli/v2"

	"mozart/configs"
	"mozart/runner/config"
	"mozart/workloads/routing"
)

func (s *session) configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "list, show, check and measure experiments",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list what is built in",
				Description: "Example: mozart config list",
				Flags:       []cli.Flag{jsonFlag()}, Action: s.configList,
			},
			{
				Name: "show", Usage: "print an experiment fully resolved, with the source of every value", ArgsUsage: "EXPERIMENT",
				Description: "What it prints is an experiment file that reads back as the same experiment; comments at its end\n" +
					"describe the network and the mapping of matrix products. --dot prints the network alone, for Graphviz.\n\n" +
					"Example: mozart config show tiny --set workload.sequences=16",
				Flags:  []cli.Flag{setFlag(), &cli.BoolFlag{Name: "dot", Usage: "print the network in DOT, for Graphviz"}},
				Action: s.configShow, BashComplete: completeExperiments,
			},
			{
				Name: "check", Usage: "check an experiment and report everything wrong with it", ArgsUsage: "EXPERIMENT",
				Description: "Reads the experiment, makes its workload, compares it with the memories, and shows what each stack\n" +
					"has to hold.\n\n" +
					"Example: mozart config check my.yaml",
				Flags: []cli.Flag{setFlag()}, Action: s.configCheck, BashComplete: completeExperiments,
			},
			s.configAreaCommand(),
			{
				Name: "schema", Usage: "print the JSON Schema of an experiment file, for editors",
				Description: "Example: mozart config schema > experiment.schema.json",
				Action:      s.configSchema,
			},
		},
	}
}

// builtInSchema is the version of what config list --json prints.
const builtInSchema = "mozart.builtin/1"

// builtIn is what the binary carries.
type builtIn struct {
	Schema      string   `json:"schema"`
	Experiments []string `json:"experiments"`
	Models      []string `json:"models"`
	Hardware    []string `json:"hardware"`
	Policies    []string `json:"policies"`
	Stacks      []string `json:"stacks"`
	Tables      []string `json:"routing_tables"`
	Synthetic   []string `json:"synthetic_routings"`
}

func (s *session) configList(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	b := builtIn{
		Schema:      builtInSchema,
		Experiments: configs.Names(configs.Experiments), Models: configs.Names(configs.Models),
		Hardware: configs.Names(configs.Hardware), Policies: configs.Names(configs.Policies), Stacks: configs.Names(configs.Stacks),
		Tables: configs.TableNames(), Synthetic: routing.SyntheticPresets(),
	}
	if c.Bool("json") {
		return s.printJSON(b)
	}
	for _, group := range []struct {
		title string
		names []string
	}{
		{"experiments", b.Experiments}, {"models", b.Models}, {"hardware", b.Hardware}, {"policies", b.Policies}, {"stacks", b.Stacks},
		{"routing tables", b.Tables}, {"synthetic routings", b.Synthetic},
	} {
		if err := s.printf("%s\n", group.title); err != nil {
			return err
		}
		for _, name := range group.names {
			if err := s.printf("  %s\n", name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *session) configShow(c *cli.Context) error {
	args, err := arguments(c, "EXPERIMENT")
	if err != nil {
		return err
	}
	x, err := config.Load(args[0], c.StringSlice("set"))
	if err != nil {
		return err
	}
	graph, err := x.Hardware.Graph()
	if err != nil {
		return err
	}
	if c.Bool("dot") {
		return graph.WriteDOT(s.stdout)
	}
	text, err := x.Annotated()
	if err != nil {
		return err
	}
	products, err := describeProducts(x)
	if err != nil {
		return err
	}
	return s.printf("%s\n%s#\n%s", text, describeNetwork(graph, x.Hardware.Clock), products)
}

func (s *session) configCheck(c *cli.Context) error {
	args, err := arguments(c, "EXPERIMENT")
	if err != nil {
		return err
	}
	p, err := s.plan(c.Context, args[0], c.StringSlice("set"))
	if err != nil {
		return err
	}
	for _, note := range p.Notes() {
		if err := s.printf("note: %s\n", note); err != nil {
			return err
		}
	}
	return s.printf("%s%s: ok\n", p.StackTable(), p.Experiment.Name)
}

func (s *session) configSchema(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	text, err := config.Schema()
	if err != nil {
		return err
	}
	return s.printf("%s\n", text)
}
