package provisioner

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestSpans provisions a store and reads its trace: every stage and every write
// is in it, and no value of a Secret.
func TestSpans(t *testing.T) {
	b := newBench(t)
	recorder := tracetest.NewSpanRecorder()
	b.provision(func(o *Options) {
		o.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	})
	b.order("traced", nil)
	b.applied("traced")

	var names []string
	for _, want := range []string{"Reconcile", "Pin revision", "Render", "Make secrets", "Apply", "Apply object", "Prune", "Write status"} {
		b.eventually("a span "+want, func(context.Context) (bool, string) {
			names = names[:0]
			for _, span := range recorder.Ended() {
				names = append(names, span.Name())
			}
			return slices.Contains(names, want), fmt.Sprint(names)
		})
	}
	secrets, err := b.kube.CoreV1().Secrets("store-traced").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(secrets.Items) == 0 {
		t.Fatalf("read the store's %d Secrets: %v", len(secrets.Items), err)
	}
	told := fmt.Sprintf("%+v", tracetest.SpanStubsFromReadOnlySpans(recorder.Ended()))
	if !strings.Contains(told, "traced") {
		t.Error("the spans do not name the store: the search below would find nothing either way")
	}
	for _, secret := range secrets.Items {
		for key, value := range secret.Data {
			if strings.Contains(key, "password") && (strings.Contains(told, string(value)) || strings.Contains(told, base64.StdEncoding.EncodeToString(value))) {
				t.Errorf("a span holds key %s of Secret %s", key, secret.Name)
			}
		}
	}
}
