// Package alerts evaluates the chart's alerts with Prometheus' own engine. What is
// to be alerted when is in alerts.test.yaml, in the form of `promtool test rules`.
//
// It is a module of its own: nothing else of the platform needs Prometheus.
package alerts
