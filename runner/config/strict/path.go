package strict

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// step is one part of a key path: a key of a mapping or an index into a list.
type step struct {
	key     string
	index   int
	isIndex bool
}

// bareKey is a key that needs no quotes inside a path.
var bareKey = regexp.MustCompile(`^[^."\[\]=\s]+$`)

// joinKey extends a path by a key, in quotes if the key has characters that mean
// something in a path.
func joinKey(path, key string) string {
	if !bareKey.MatchString(key) || strconv.Quote(key) != `"`+key+`"` {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinIndex(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// parsePath reads what joinKey and joinIndex write: a.b[2]."x.y".
func parsePath(path string) ([]step, error) {
	if path == "" {
		return nil, errors.New("an empty key")
	}
	var steps []step
	rest := path
	for rest != "" {
		var one step
		var err error
		switch {
		case rest[0] == '[':
			one, rest, err = cutIndex(rest)
		case len(steps) == 0:
			one, rest, err = cutKey(rest)
		case rest[0] == '.':
			one, rest, err = cutKey(rest[1:])
		default:
			err = fmt.Errorf("%q after %q", rest, path[:len(path)-len(rest)])
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, one)
	}
	return steps, nil
}

func cutIndex(s string) (step, string, error) {
	inside, rest, closed := strings.Cut(s[1:], "]")
	i, err := strconv.Atoi(inside)
	if !closed || err != nil || i < 0 {
		return step{}, "", fmt.Errorf("%q where an index such as [2] belongs", s)
	}
	return step{index: i, isIndex: true}, rest, nil
}

func cutKey(s string) (step, string, error) {
	if quoted, err := strconv.QuotedPrefix(s); err == nil && quoted[0] == '"' {
		key, err := strconv.Unquote(quoted)
		return step{key: key}, s[len(quoted):], err
	}
	end := strings.IndexAny(s, ".[")
	if end < 0 {
		end = len(s)
	}
	if !bareKey.MatchString(s[:end]) {
		return step{}, "", fmt.Errorf("%q where a key belongs", s)
	}
	return step{key: s[:end]}, s[end:], nil
}

// splitAssignment cuts key=value at the first equals sign outside quotes.
func splitAssignment(s string) (path, value string, ok bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '=' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}
