package metric

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	"platform.example.io/stores/pkg/certificate"
)

var update = flag.Bool("update", false, "rewrite docs/metrics.md")

const document = "../../../docs/metrics.md"

// described is a metric as operators meet it.
type described struct {
	name, stability, kind, help string
	labels                      []string
}

// description is how Prometheus' client prints what it knows of a metric.
var description = regexp.MustCompile(`^Desc\{fqName: "([^"]*)", help: "\[(\w+)\] (.*?)", (?:unit: "", )?constLabels: \{[^}]*\}, variableLabels: \{([^}]*)\}`)

func describe(t *testing.T, metric metrics.Registerable) described {
	t.Helper()
	told := descriptionOf(metric.Describe)
	match := description.FindStringSubmatch(told)
	if match == nil {
		t.Fatalf("a metric describes itself as %s", told)
	}
	d := described{name: match[1], stability: match[2], help: match[3]}
	switch metric.(type) {
	case *metrics.HistogramVec:
		d.kind = "histogram"
	case *metrics.CounterVec, *metrics.Counter:
		d.kind = "counter"
	case *metrics.GaugeVec, *metrics.Gauge:
		d.kind = "gauge"
	default:
		t.Fatalf("%T has no place in the document yet", metric)
	}
	if match[4] != "" {
		d.labels = strings.Split(match[4], ",")
	}
	return d
}

func descriptionOf[D fmt.Stringer](describe func(chan<- D)) string {
	told := make(chan D, 1)
	describe(told)
	return (<-told).String()
}

// pair is a certificate that stays.
type pair struct{ certificate, key []byte }

func (p pair) CurrentCertKeyContent() (certificate, key []byte) { return p.certificate, p.key }

// certified are the metrics of a process's serving certificate.
func certified(t *testing.T) []described {
	t.Helper()
	served, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	certificate.Report(pair{served, key})
	return gathered(t, "store_platform_serving_certificate_")
}

// inherited are the metrics that Kubernetes' libraries keep for us.
func inherited(t *testing.T) []described {
	t.Helper()
	workqueue.NewTypedRateLimitingQueueWithConfig(workqueue.DefaultTypedControllerRateLimiter[string](),
		workqueue.TypedRateLimitingQueueConfig[string]{Name: QueueName}).ShutDown()
	// Made, never run: that it exists registers its metrics.
	_, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: QueueName, Lock: &resourcelock.LeaseLock{LockConfig: resourcelock.ResourceLockConfig{Identity: "nobody"}},
		LeaseDuration: 3, RenewDeadline: 2, RetryPeriod: 1,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) {}, OnStoppedLeading: func() {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return gathered(t, "workqueue_", "leader_election_")
}

// gathered are the metrics of the process whose names begin so.
func gathered(t *testing.T, prefixes ...string) []described {
	t.Helper()
	families, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var found []described
	for _, family := range families {
		if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(family.GetName(), prefix) }) {
			continue
		}
		stability, help, _ := strings.Cut(strings.TrimPrefix(family.GetHelp(), "["), "] ")
		d := described{name: family.GetName(), stability: stability, kind: strings.ToLower(family.GetType().String()), help: help}
		for _, label := range family.GetMetric()[0].GetLabel() {
			d.labels = append(d.labels, label.GetName())
		}
		found = append(found, d)
	}
	return found
}

func table(rows []described) string {
	slices.SortFunc(rows, func(a, b described) int { return cmp.Compare(a.name, b.name) })
	var text strings.Builder
	text.WriteString("| Metric | Kind | Labels | Stability | Meaning |\n|---|---|---|---|---|\n")
	for _, row := range rows {
		labels := ""
		if len(row.labels) > 0 {
			labels = "`" + strings.Join(row.labels, "`, `") + "`"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s | %s |\n", row.name, row.kind, labels, row.stability, row.help)
	}
	return text.String()
}

// page is the document: what is ours, and what we inherit. ' is a backquote.
const page = `<!-- Written by go test ./pkg/provisioner/metric -update. DO NOT EDIT. -->
# Metrics of the provisioner

'apiserver provisioner' serves them at port 8444 under '/metrics'; an API server that provisions in-process has them
among its own. Either asks kube-apiserver whether a caller may 'get' the path '/metrics'; [operations.md](operations.md)
has the role. Names and labels of ALPHA metrics can change with a release.

%s
## Of the serving certificate

Every API server has these, and a provisioner that was given a certificate ('servingCertificate.mode: CertManager').

%s
## From the libraries of Kubernetes

The queue of stores has 'name="store_provisioner"', the lease 'name="store-provisioner"'. Requests to kube-apiserver are in
'rest_client_*', the process in 'process_*' and 'go_*'; an API server has
[those of every API server](https://kubernetes.io/docs/reference/instrumentation/metrics/) beside them.

%s`

// TestMetricsDocs wants docs/metrics.md to list every metric as it is.
func TestMetricsDocs(t *testing.T) {
	Register()
	var ours []described
	for _, metric := range own {
		ours = append(ours, describe(t, metric))
	}
	text := fmt.Sprintf(strings.ReplaceAll(page, "'", "`"), table(ours), table(certified(t)), table(inherited(t)))
	if *update {
		if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), text); diff != "" {
		t.Errorf("docs/metrics.md is not what the code says; run with -update (-want +got):\n%s", diff)
	}
}
