package alerts

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
)

// evaluationInterval is Prometheus' default, and promtool's.
const evaluationInterval = time.Minute

// engine evaluates as a server does with its defaults.
var engine = promql.NewEngine(promql.EngineOpts{
	MaxSamples: 1 << 20, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: language,
	NoStepSubqueryIntervalFn: func(int64) int64 { return evaluationInterval.Milliseconds() },
})

// firing returns what Prometheus sends for a rule at a time: its expression has had a
// result of those labels in every evaluation for as long as the rule says.
func firing(ctx context.Context, rule rulefmt.Rule, data series, at time.Time) ([]alert, error) {
	begin := at.Add(-time.Duration(rule.For))
	query, err := engine.NewRangeQuery(ctx, data, nil, rule.Expr, begin, at, evaluationInterval)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result, err := query.Exec(ctx).Matrix()
	if err != nil {
		return nil, err
	}
	evaluations := int(at.Sub(begin)/evaluationInterval) + 1
	var alerts []alert
	for _, found := range result {
		if len(found.Floats) < evaluations {
			continue
		}
		sent, err := compose(ctx, rule, found.Metric, found.Floats[len(found.Floats)-1].F, at)
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, sent)
	}
	slices.SortFunc(alerts, func(a, b alert) int {
		return labels.Compare(labels.FromMap(a.Labels), labels.FromMap(b.Labels))
	})
	return alerts, nil
}

// compose fills in a rule's texts.
func compose(ctx context.Context, rule rulefmt.Rule, metric labels.Labels, value float64, at time.Time) (alert, error) {
	data := template.AlertTemplateData(metric.Map(), nil, "", promql.Sample{F: value})
	expand := func(texts map[string]string) (map[string]string, error) {
		expanded := map[string]string{}
		for name, text := range texts {
			// What Prometheus puts before each.
			text = "{{$labels := .Labels}}{{$value := .Value}}" + text
			var err error
			if expanded[name], err = template.NewTemplateExpander(ctx, text, rule.Alert, data, model.TimeFromUnixNano(at.UnixNano()), nil, nil, nil).Expand(); err != nil {
				return nil, fmt.Errorf("fill in %s: %w", name, err)
			}
		}
		return expanded, nil
	}
	own, err := expand(rule.Labels)
	if err != nil {
		return alert{}, err
	}
	annotations, err := expand(rule.Annotations)
	if err != nil {
		return alert{}, err
	}
	all := metric.Map()
	delete(all, model.MetricNameLabel)
	maps.Copy(all, own)
	return alert{Labels: all, Annotations: annotations}, nil
}
