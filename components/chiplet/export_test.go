package chiplet

// Share is share, for its test.
var Share = share
