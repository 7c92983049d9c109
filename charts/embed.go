// Package charts carries the charts that are built into the platform.
package charts

import "embed"

// Files holds `foundation`, the chart of what every store has, and `engines`,
// laid out as `<engine>/<revision>/`. Whole directories are embedded, so that a
// new revision needs no change here.
//
//go:embed all:foundation all:engines
var Files embed.FS
