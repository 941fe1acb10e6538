package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"mozart/runner/config"
)

// The scripts ask the program itself: urfave/cli answers a command line that
// ends in --generate-bash-completion.
const bashScript = `_mozart() {
  local word=${COMP_WORDS[COMP_CWORD]}
  local line=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $word == -* ]] && line+=("$word")
  mapfile -t COMPREPLY < <(compgen -W "$("${line[@]}" --generate-bash-completion 2>/dev/null)" -- "$word")
}
complete -o bashdefault -o default -F _mozart mozart
`

const zshScript = `#compdef mozart
_mozart() {
  local -a line answers
  line=("${(@)words[1,CURRENT-1]}")
  [[ $words[CURRENT] == -* ]] && line+=("$words[CURRENT]")
  answers=("${(@f)$("${line[@]}" --generate-bash-completion 2>/dev/null)}")
  compadd -a answers
  _files
}
compdef _mozart mozart
`

func (s *session) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "Put into ~/.bashrc:                   source <(mozart completion bash)\n" +
			"Put into ~/.zshrc, after compinit:    source <(mozart completion zsh)\n" +
			"Put into ~/.config/fish/config.fish:  mozart completion fish | source\n\n" +
			"Example: source <(mozart completion bash)",
		Action:       s.completion,
		BashComplete: completeWith(func() []string { return []string{"bash", "zsh", "fish"} }),
	}
}

func (s *session) completion(c *cli.Context) error {
	args, err := arguments(c, "bash|zsh|fish")
	if err != nil {
		return err
	}
	switch args[0] {
	case "bash":
		return s.printf("%s", bashScript)
	case "zsh":
		return s.printf("%s", zshScript)
	case "fish":
		script, err := c.App.ToFishCompletion()
		if err != nil {
			return err
		}
		return s.printf("%s\ncomplete -c mozart -n '__fish_seen_subcommand_from run compare show check' -a '%s'\n",
			strings.TrimRight(script, "\n"), strings.Join(config.Names(), " "))
	}
	return unknown("shell", args[0], []string{"bash", "zsh", "fish"})
}

// completeExperiments offers the built-in experiments; the shell adds files.
func completeExperiments(c *cli.Context) { completeWith(config.Names)(c) }

// completeWith offers flags for a word that begins with -, else names.
func completeWith(names func() []string) cli.BashCompleteFunc {
	return func(c *cli.Context) {
		// The last word is the flag that asks for completions.
		if n := len(os.Args); n > 2 && strings.HasPrefix(os.Args[n-2], "-") {
			cli.DefaultCompleteWithFlags(c.Command)(c)
			return
		}
		for _, name := range names() {
			fmt.Fprintln(c.App.Writer, name)
		}
	}
}
