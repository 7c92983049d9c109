package e2e

import (
	"errors"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// statusOf is what the server answered to a request that it refused.
func statusOf(t testing.TB, err error) metav1.Status {
	t.Helper()
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		t.Fatalf("got %v, want a refusal by the server", err)
	}
	return status.Status()
}

// causes are the types and fields of a refusal's causes, in order.
func causes(status metav1.Status) []string {
	var found []string
	if status.Details != nil {
		for _, cause := range status.Details.Causes {
			found = append(found, string(cause.Type)+" "+cause.Field)
		}
	}
	slices.Sort(found)
	return found
}
