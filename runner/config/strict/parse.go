package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse reads one YAML document; file is the name that errors show. A syntax
// error gives no tree. Other errors (a key written twice, an anchor, a tag)
// leave the wrong part out of the tree, so that Decode can find the rest.
func Parse(file string, data []byte) (*Tree, Errors) {
	p := parser{file: file}
	if at, found, ok := badCharacter(file, data); ok {
		p.fail(at, "", found, "UTF-8 text")
		return nil, p.errs
	}
	node, err := readDocument(data)
	switch {
	case errors.Is(err, io.EOF):
		p.fail(Position{File: file}, "", "an empty document", "a mapping")
		return nil, p.errs
	case err != nil:
		p.syntaxError(data, err)
		return nil, p.errs
	}
	root := node.Content[0]
	if kindOf(root) == null && root.Value == "" {
		p.fail(Position{File: file}, "", "an empty document", "a mapping")
		return nil, p.errs
	}
	for _, extra := range node.Content[1:] {
		p.fail(p.at(extra), "", "a second document", "one document in a file")
	}
	return p.tree(root, "", p.at(root)), p.errs.sorted()
}

// readDocument gives a node whose children are the documents, of which at most
// two are read. It turns a panic of the YAML reader into an error: that reader
// has internal checks that report themselves so.
func readDocument(data []byte) (all *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			all, err = nil, fmt.Errorf("%v", r)
		}
	}()
	all = &yaml.Node{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for len(all.Content) < 2 {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) && len(all.Content) > 0 {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all.Content = append(all.Content, doc.Content[0])
	}
	return all, nil
}

type parser struct {
	file string
	errs Errors
}

func (p *parser) fail(at Position, key, found, want string) {
	p.errs = append(p.errs, Error{Position: at, Key: key, Found: found, Want: want})
}

func (p *parser) at(n *yaml.Node) Position {
	return Position{File: p.file, Line: n.Line, Column: n.Column}
}

// tree converts a node, or returns nil if it is refused. at is the place to show
// for it: a block under a key is best shown at its key.
func (p *parser) tree(n *yaml.Node, key string, at Position) *Tree {
	if !p.plain(n, key) {
		return nil
	}
	t := &Tree{at: at, kind: kindOf(n), text: n.Value}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			item := p.tree(c, joinIndex(key, i), p.at(c))
			if item == nil {
				item = &Tree{at: p.at(c), kind: refused}
			}
			t.items = append(t.items, item)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			p.entry(t, n.Content[i], n.Content[i+1], key)
		}
	}
	return t
}

// entry adds one key and value to a mapping.
func (p *parser) entry(t *Tree, k, v *yaml.Node, path string) {
	switch {
	case k.Kind == yaml.AliasNode || k.Anchor != "" || k.Style&yaml.TaggedStyle != 0:
		p.plain(k, path)
		return
	case k.Tag == "!!merge":
		p.fail(p.at(k), path, `a merge key "<<"`, "the keys written out")
		return
	case k.Kind != yaml.ScalarNode || kindOf(k) == null:
		p.fail(p.at(k), path, "a key that is not text", "a name")
		return
	}
	key := joinKey(path, k.Value)
	if i, _ := t.entry(k.Value); i >= 0 {
		first := t.entries[i].at
		p.fail(p.at(k), key, fmt.Sprintf("the key a second time (first on line %d)", first.Line), "each key once")
		return
	}
	at := p.at(v)
	if v.Kind != yaml.ScalarNode && v.Style&yaml.FlowStyle == 0 {
		at = p.at(k)
	}
	if value := p.tree(v, key, at); value != nil {
		t.entries = append(t.entries, entry{key: k.Value, at: p.at(k), value: value})
	}
}

// plain reports what makes a config hard to read or hides its types. It returns
// whether there still is a value to read.
func (p *parser) plain(n *yaml.Node, key string) bool {
	if n.Kind == yaml.AliasNode {
		p.fail(p.at(n), key, fmt.Sprintf("the alias %q", "*"+n.Value), "the value written out")
		return false
	}
	if n.Anchor != "" {
		p.fail(p.at(n), key, fmt.Sprintf("the anchor %q", "&"+n.Anchor), "no anchors: aliases are not read")
	}
	if n.Style&yaml.TaggedStyle != 0 {
		p.fail(p.at(n), key, fmt.Sprintf("the tag %q", n.Tag), "no tags: the key decides the type")
		return false
	}
	return true
}

func kindOf(n *yaml.Node) kind {
	switch n.Kind {
	case yaml.SequenceNode:
		return list
	case yaml.MappingNode:
		return mapping
	}
	switch n.Tag {
	case "!!null":
		return null
	case "!!bool":
		return boolean
	case "!!int", "!!float":
		return number
	}
	return text
}

// badCharacter finds the first byte that is not text. The YAML reader refuses
// these too, but without saying where.
func badCharacter(file string, data []byte) (at Position, found string, ok bool) {
	at = Position{File: file, Line: 1, Column: 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return at, fmt.Sprintf("byte 0x%02x", data[0]), true
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f:
			return at, fmt.Sprintf("control character 0x%02x", r), true
		}
		at.Column++
		if r == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
		data = data[size:]
	}
	return at, "", false
}

var (
	yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?((?s:.*))$`)
	// parserProblem is a message of the reader's second stage, which counts lines
	// from 0.
	parserProblem = regexp.MustCompile(`^(did not find expected (<|node content|'-' indicator|key|',')|` +
		`found (undefined tag handle|duplicate %|incompatible YAML))`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError places an error of the YAML reader, whose messages leave out the
// line if it is the first one.
func (p *parser) syntaxError(data []byte, err error) {
	at := Position{File: p.file, Line: 1}
	part := yamlLine.FindStringSubmatch(err.Error())
	if n, err := strconv.Atoi(part[1]); err == nil {
		at.Line = n
		if parserProblem.MatchString(part[2]) {
			at.Line++
		}
	}
	if name := unknownAnchor.FindStringSubmatch(part[2]); name != nil {
		before, _, _ := bytes.Cut(data, []byte("*"+name[1]))
		at.Line = 1 + bytes.Count(before, []byte("\n"))
	}
	p.fail(at, "", "a YAML syntax error: "+part[2], "")
}
