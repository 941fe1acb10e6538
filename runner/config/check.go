package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"mozart/runner/config/strict"
)

// check collects what is wrong with values that decode but do not make sense
// together. It says nothing about what follows from an error that is known: a
// value that could not be read is not compared with others.
type check struct {
	tree   *strict.Tree
	broken []string
	errs   strict.Errors
}

func newCheck(tree *strict.Tree, known strict.Errors) *check {
	c := &check{tree: tree}
	c.know(known)
	return c
}

// know takes the keys of errors for broken, and those that were probably meant.
func (c *check) know(errs strict.Errors) {
	for _, e := range errs {
		for _, key := range []string{e.Key, e.Nearest} {
			if key != "" {
				c.broken = append(c.broken, key)
			}
		}
	}
}

// sound tells whether no error is known of the keys, what is inside them, or
// what they are inside of.
func (c *check) sound(keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool {
		return slices.ContainsFunc(c.broken, func(b string) bool { return inside(key, b) || inside(b, key) })
	})
}

// inside tells whether a key is another one or a part of it.
func inside(key, outer string) bool {
	rest, ok := strings.CutPrefix(key, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (c *check) fail(key, found, want string) {
	c.errs = append(c.errs, strict.Error{Position: c.tree.At(key), Key: key, Found: found, Want: want})
}

// keys of a rule: the one to blame, and the others that it looks at.
func keys(blamed string, others ...string) []string { return append([]string{blamed}, others...) }

// rule reports what was found at the first key, unless ok or one of the keys is
// broken.
func (c *check) rule(keys []string, ok bool, found any, want string, args ...any) {
	if !ok && c.sound(keys...) {
		c.fail(keys[0], fmt.Sprint(found), fmt.Sprintf(want, args...)+c.elsewhere(keys))
	}
}

// elsewhere says where the other keys of a rule are written, if the first one is
// in a base: the reader has probably changed one of the others.
func (c *check) elsewhere(keys []string) string {
	at := c.tree.At(keys[0])
	if at.File == c.tree.At("").File || strings.HasPrefix(at.File, setPlace) {
		return ""
	}
	var places []string
	for _, key := range keys[1:] {
		if p := c.tree.At(key); !p.Default && p.File != at.File {
			places = append(places, fmt.Sprintf("%s is from %v", key, p))
		}
	}
	if places == nil {
		return ""
	}
	return "; " + strings.Join(places, ", ")
}

// message is the form in which parts report a field: key, demand, value.
var message = regexp.MustCompile(`^([\w.\[\]]+)((?: x \w+)*) (must .+?|needs .+?|is .+?|belongs .+?)(?:, got (.+))?$`)

// aliases are names of parts for what a config writes elsewhere; those without
// one are checked by a rule.
var aliases = map[string]string{"sram_capacity": "tile.sram_per_tile", "sram_bandwidth": ""}

// implied are keys whose range a part takes from another key without saying so.
var implied = map[string]string{"model.dense_layers": "model.layers"}

// part adds the errors of a part's own Validate, below the key of its section.
func (c *check) part(section string, errs ...error) {
	for _, err := range errs {
		if err == nil {
			continue
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			c.part(section, joined.Unwrap()...)
			continue
		}
		c.partMessage(section, err.Error())
	}
}

func (c *check) partMessage(section, text string) {
	m := message.FindStringSubmatch(text)
	if m == nil {
		if c.sound(section) {
			c.fail(section, "values that do not fit each other", "other ones: "+text)
		}
		return
	}
	name, product, demand, found := m[1], m[2], m[3], m[4]
	if alias, ok := aliases[name]; ok {
		name = alias
	}
	if name == "" {
		return
	}
	key := section + "." + name
	if !c.sound(key) || c.mentionsBroken(section, demand+product) || implied[key] != "" && !c.sound(implied[key]) {
		return
	}
	if found == "" {
		found = c.tree.Get(key).Describe()
	}
	want := inWords(demand)
	if product != "" {
		want += " when multiplied by" + strings.ReplaceAll(product, " x", "")
	}
	c.fail(key, found, want)
}

// mentionsBroken tells whether a message compares with a broken key of its
// section.
func (c *check) mentionsBroken(section, text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.ContainsFunc(words, func(w string) bool { return !c.sound(section + "." + w) })
}

var demands = []struct {
	form *regexp.Regexp
	want string
}{
	{regexp.MustCompile(`^must be in (\S+)\.\.(\S+)$`), "$1 to $2"},
	{regexp.MustCompile(`^must divide (.+)$`), "a divisor of $1"},
	{regexp.MustCompile(`^is used with (.+) only and must be (.+)$`), "$2: it is used with $1 only"},
	{regexp.MustCompile(`^must (?:be|have) (.+)$`), "$1"},
}

// inWords turns a demand into what errors say after "want".
func inWords(demand string) string {
	for _, d := range demands {
		if d.form.MatchString(demand) {
			return d.form.ReplaceAllString(demand, d.want)
		}
	}
	return demand
}
