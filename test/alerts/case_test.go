package alerts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"
)

const dashboard = "../../charts/store-platform/monitoring/grafana.json"

// caseFile is what of promtool's form is used.
type caseFile struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []struct {
		Name        string         `yaml:"name"`
		Interval    model.Duration `yaml:"interval"`
		InputSeries []struct {
			Series string `yaml:"series"`
			Values string `yaml:"values"`
		} `yaml:"input_series"`
		Alerts []struct {
			Name     string         `yaml:"alertname"`
			At       model.Duration `yaml:"eval_time"`
			Expected []alert        `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	} `yaml:"tests"`
}

type alert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

// TestAlerts wants every alert to fire when it should, saying what it should, and
// to be silent otherwise.
func TestAlerts(t *testing.T) {
	cases := readCases(t)
	rules := map[string]rulefmt.Rule{}
	for _, file := range cases.RuleFiles {
		groups, errs := rulefmt.ParseFile(filepath.FromSlash(file), false, model.UTF8Validation, language, promslog.NewNopLogger())
		for _, err := range errs {
			t.Error(err)
		}
		if groups == nil {
			t.FailNow()
		}
		for _, group := range groups.Groups {
			for _, rule := range group.Rules {
				rules[rule.Alert] = rule
			}
		}
	}
	fired, silent := map[string]bool{}, map[string]bool{}
	for _, c := range cases.Tests {
		t.Run(c.Name, func(t *testing.T) {
			var descriptions []string
			for _, input := range c.InputSeries {
				descriptions = append(descriptions, input.Series+" "+input.Values)
			}
			data, err := scraped(time.Duration(c.Interval), descriptions)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.Alerts {
				rule, found := rules[want.Name]
				if !found {
					t.Errorf("there is no alert %s", want.Name)
					continue
				}
				got, err := firing(t.Context(), rule, data, time.Unix(0, 0).Add(time.Duration(want.At)))
				if err != nil {
					t.Errorf("%s: %v", want.Name, err)
				} else if diff := cmp.Diff(want.Expected, got); diff != "" {
					t.Errorf("%s after %s (-want +got):\n%s", want.Name, want.At, diff)
				}
				fired[want.Name] = fired[want.Name] || len(want.Expected) > 0
				silent[want.Name] = silent[want.Name] || len(want.Expected) == 0
			}
		})
	}
	for name := range rules {
		if !fired[name] || !silent[name] {
			t.Errorf("%s: alerts.test.yaml has to say when it fires, and when it does not", name)
		}
	}
}

func readCases(t *testing.T) caseFile {
	t.Helper()
	file, err := os.Open("alerts.test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	var cases caseFile
	if err := decoder.Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if time.Duration(cases.EvaluationInterval) != evaluationInterval || len(cases.RuleFiles) == 0 || len(cases.Tests) == 0 {
		t.Fatalf("alerts.test.yaml names %v, has %d tests, and evaluates each %s: want %s", cases.RuleFiles, len(cases.Tests), cases.EvaluationInterval, evaluationInterval)
	}
	return cases
}

// TestDashboard wants Prometheus to understand what Grafana will ask it.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &page); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, panel := range page.Panels {
		for _, target := range panel.Targets {
			read++
			if _, err := language.ParseExpr(target.Expr); err != nil {
				t.Errorf("%s: %s: %v", panel.Title, target.Expr, err)
			}
		}
	}
	if read == 0 {
		t.Errorf("%s asks nothing", dashboard)
	}
}
