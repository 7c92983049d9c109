package alerts

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// language is PromQL without experiments.
var language = parser.NewParser(parser.Options{})

// series are what was scraped: all that the engine asks of a database.
type series []storage.Series

// scraped reads series in the notation of Prometheus' tests, `up{job="x"} 0x2 1x5`,
// one value an interval, the first one at the beginning of time.
func scraped(interval time.Duration, descriptions []string) (series, error) {
	var all series
	for _, description := range descriptions {
		metric, values, err := language.ParseSeriesDesc(description)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", description, err)
		}
		chunk := chunkenc.NewXORChunk()
		appender, err := chunk.Appender()
		if err != nil {
			return nil, fmt.Errorf("keep %s: %w", description, err)
		}
		for i, value := range values {
			if !value.Omitted {
				appender.Append(0, int64(i)*interval.Milliseconds(), value.Value)
			}
		}
		all = append(all, &storage.SeriesEntry{Lset: metric, SampleIteratorFn: chunk.Iterator})
	}
	slices.SortFunc(all, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return all, nil
}

// Querier answers for all times: the engine picks those that it asked for.
func (s series) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		return &selection{left: slices.DeleteFunc(slices.Clone(s), func(one storage.Series) bool {
			return slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(one.Labels().Get(m.Name)) })
		})}
	}}, nil
}

// selection is what of the series matched.
type selection struct {
	current storage.Series
	left    series
}

func (s *selection) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.current, s.left = s.left[0], s.left[1:]
	return true
}

func (s *selection) At() storage.Series                { return s.current }
func (s *selection) Err() error                        { return nil }
func (s *selection) Warnings() annotations.Annotations { return nil }
