package plan

import "fmt"

// InputError is a fault of the experiment or of a file that it names: found when
// the workload is made, after the config itself has been checked.
type InputError struct {
	// Key is the config key that has to change.
	Key string
	// Err says what is wrong.
	Err error
}

// Error is one line that starts with the key.
func (e *InputError) Error() string { return fmt.Sprintf("%s: %v", e.Key, e.Err) }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// blame puts a config key on an error; no error stays none.
func blame(key string, err error) error {
	if err == nil {
		return nil
	}
	return &InputError{Key: key, Err: err}
}
