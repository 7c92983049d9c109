package chart

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// foreignMetrics are those of Kubernetes, Prometheus and Go that alerts and the
// Grafana dashboard read. Ours are in docs/metrics.md.
var foreignMetrics = []string{
	"aggregator_unavailable_apiservice", "apiserver_longrunning_requests", "apiserver_request_duration_seconds",
	"apiserver_request_total", "process_cpu_seconds_total", "process_resident_memory_bytes", "up",
}

var (
	// metricName matches the name of a metric where it is selected by labels or over a time.
	metricName = regexp.MustCompile(`([a-z_]{2,})(?:\{|\[)|\b(store_platform_[a-z_]+|process_[a-z_]+|workqueue_[a-z_]+)`)
	heading    = regexp.MustCompile(`(?m)^## (\w+)$`)
)

type alert struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

type alertGroups struct {
	Groups []struct {
		Name  string
		Rules []alert
	}
}

func TestAlerts(t *testing.T) {
	var rendered *unstructured.Unstructured
	for _, object := range find[*unstructured.Unstructured](renderObjects(t, valueSets["prod"], nil)) {
		if object.GetKind() == "PrometheusRule" {
			rendered = object
		}
	}
	if rendered == nil {
		t.Fatal("rendered no PrometheusRule")
	}
	data, err := json.Marshal(rendered.Object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	var spec alertGroups
	if err := yaml.UnmarshalStrict(data, &spec); err != nil {
		t.Fatal(err)
	}
	runbooks, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, match := range heading.FindAllStringSubmatch(string(runbooks), -1) {
		documented = append(documented, match[1])
	}
	var alerts []string
	for _, group := range spec.Groups {
		for _, a := range group.Rules {
			alerts = append(alerts, a.Alert)
			if want := "https://github.com/store-platform/platform/blob/main/docs/runbooks.md#" + strings.ToLower(a.Alert); a.Annotations["runbook_url"] != want {
				t.Errorf("%s: its runbook is at %q, want %q", a.Alert, a.Annotations["runbook_url"], want)
			}
			if severity := a.Labels["severity"]; severity != "critical" && severity != "warning" {
				t.Errorf("%s has severity %q", a.Alert, severity)
			}
			if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
				t.Errorf("%s does not say what happens", a.Alert)
			}
			knownMetrics(t, a.Alert, a.Expr)
		}
	}
	if len(alerts) < 10 || !slices.Contains(alerts, "StorePlatformAPIUnavailable") {
		t.Errorf("alerts are %v", alerts)
	}
	if !slices.Equal(alerts, documented) {
		t.Errorf("docs/runbooks.md has the alerts %v, the chart %v: the same, in this order", documented, alerts)
	}
}

func TestGrafanaDashboard(t *testing.T) {
	var dashboard struct {
		UID    string
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	found := false
	for _, configMap := range find[*corev1.ConfigMap](renderObjects(t, valueSets["prod"], nil)) {
		if text := configMap.Data["store-platform.json"]; text != "" {
			found = configMap.Labels["grafana_dashboard"] == "1"
			if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !found {
		t.Fatal("no ConfigMap that Grafana's sidecar would collect")
	}
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] {
			t.Errorf("two panels have id %d: Grafana shows one of them", panel.ID)
		}
		ids[panel.ID] = true
		for _, target := range panel.Targets {
			knownMetrics(t, panel.Title, target.Expr)
		}
	}
	if len(ids) < 10 {
		t.Errorf("%d panels", len(ids))
	}
}

// knownMetrics wants every metric of an expression to be one that exists.
func knownMetrics(t *testing.T, where, expression string) {
	t.Helper()
	ours, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	matches := metricName.FindAllStringSubmatch(expression, -1)
	if len(matches) == 0 {
		t.Errorf("%s reads no metric: %s", where, expression)
	}
	for _, match := range matches {
		name := match[1] + match[2]
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if !slices.Contains(foreignMetrics, name) && !strings.Contains(string(ours), "`"+name+"`") {
			t.Errorf("%s reads %s, which nobody reports", where, name)
		}
	}
}

// TestServiceMonitors wants Prometheus to find a Service for each, and to know what
// answers before it shows its token.
func TestServiceMonitors(t *testing.T) {
	on := map[string]any{"monitoring": map[string]any{"serviceMonitors": map[string]any{"enabled": true}}}
	for _, c := range []struct {
		mode     string
		override map[string]any
		blind    []string
		reason   string
	}{
		{"CertManager", map[string]any{"mode": "CertManager"}, nil, "cert-manager certifies both"},
		{"SelfManaged", map[string]any{"mode": "SelfManaged"}, []string{"store-provisioner"}, "the provisioner signs for itself, as Kubernetes' own controllers do"},
		{"Existing", map[string]any{"mode": "Existing", "secretName": "mine", "caBundle": authority}, []string{"store-provisioner"}, "one certificate is given"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			on["servingCertificate"] = c.override
			objects := renderObjects(t, nil, on)
			var blind, monitors []string
			for _, object := range find[*unstructured.Unstructured](objects) {
				if object.GetKind() != "ServiceMonitor" {
					continue
				}
				monitors = append(monitors, object.GetName())
				selector, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector", "matchLabels")
				if !slices.ContainsFunc(find[*corev1.Service](objects), func(s *corev1.Service) bool {
					return s.Name == object.GetName() && labels.SelectorFromSet(selector).Matches(labels.Set(s.Labels))
				}) {
					t.Errorf("%s selects no Service of its name: %v", object.GetName(), selector)
				}
				endpoints, _, _ := unstructured.NestedSlice(object.Object, "spec", "endpoints")
				if insecure, _, _ := unstructured.NestedBool(endpoints[0].(map[string]any), "tlsConfig", "insecureSkipVerify"); insecure {
					blind = append(blind, object.GetName())
				}
			}
			if len(monitors) != 2 || !slices.Equal(blind, c.blind) {
				t.Errorf("of %v these are trusted blindly: %v, want %v: %s", monitors, blind, c.blind, c.reason)
			}
		})
	}
}
