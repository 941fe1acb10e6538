// Package report turns the rows of a run into what people and programs read:
// the breakdown of the step, the summary, and tables. It computes from rows
// alone and never looks into a part.
package report
