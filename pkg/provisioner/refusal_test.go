package provisioner

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

func TestClassify(t *testing.T) {
	sets := schema.GroupResource{Group: "apps", Resource: "statefulsets"}
	kind := appsv1.SchemeGroupVersion.WithKind("StatefulSet")
	terminating := apierrors.NewForbidden(sets, "database", errors.New("namespace is going"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	invalid := func(errs ...*field.Error) error { return apierrors.NewInvalid(kind.GroupKind(), "database", errs) }
	tests := []struct {
		name    string
		reason  string
		err     error
		want    string
		outlook health.Outlook
		gone    bool
		says    string
	}{
		{
			name: "conflict", reason: "what another writer causes passes", want: ReasonApplying, outlook: health.Working,
			err: apierrors.NewConflict(sets, "database", errors.New("x")),
		},
		{
			name: "too many requests", reason: "overload passes", want: ReasonApplying, outlook: health.Working,
			err: apierrors.NewTooManyRequests("x", 1),
		},
		{
			name: "connection lost", reason: "what is no answer of the API server passes", want: ReasonApplying, outlook: health.Working,
			err: http.ErrServerClosed,
		},
		{
			name: "webhook down", reason: "a webhook is named by what the API server says", want: ReasonApplyFailed, outlook: health.Broken,
			err: apierrors.NewInternalError(errors.New("failed calling webhook \"x\"")), says: "failed calling webhook \"x\"",
		},
		{
			name: "invalid", reason: "fields are named, in a fixed order", want: ReasonApplyRefused, outlook: health.Stalled,
			err:  invalid(field.Required(field.NewPath("spec", "selector"), "is missing"), field.Invalid(field.NewPath("metadata", "name"), "X", "is wrong")),
			says: `metadata.name: Invalid value: "X": is wrong; spec.selector: Required value: is missing`,
		},
		{
			name: "forbidden", reason: "a quota, a policy or a role is told by the API server", want: ReasonApplyForbidden, outlook: health.Stalled,
			err: apierrors.NewForbidden(sets, "database", errors.New("exceeded quota: store")), says: "exceeded quota: store",
		},
		{
			name: "volume that cannot grow", reason: "no quota and no role would help", want: v1alpha1.ReasonStorageCannotGrow, outlook: health.Stalled,
			err: &cannotGrowError{
				volume: "database", have: "5Gi", want: "20Gi", why: "its storage class fixed does not allow it", cure: "buy another",
				err: apierrors.NewForbidden(sets, "database", errors.New("x")),
			},
			says: "volume database cannot grow from 5Gi to 20Gi: its storage class fixed does not allow it; set its size in spec.storage to 5Gi, or buy another",
		},
		{
			name: "policy", reason: "a policy answers Invalid by default, and no field is wrong", want: ReasonApplyForbidden, outlook: health.Stalled,
			err: &apierrors.StatusError{ErrStatus: metav1.Status{
				Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid, Message: "no jobs on Wednesdays",
				Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Message: "no jobs on Wednesdays"}}},
			}},
			says: "is forbidden: no jobs on Wednesdays; that admission policy",
		},
		{
			name: "webhook says no", reason: "without a code of its own it answers 400", want: ReasonApplyForbidden, outlook: health.Stalled,
			err: &apierrors.StatusError{ErrStatus: metav1.Status{
				Status: metav1.StatusFailure, Code: http.StatusBadRequest, Message: `admission webhook "x" denied the request: not here`,
			}},
			says: "not here",
		},
		{
			name: "unreadable", reason: "a request that cannot be decoded is the engine's fault", want: ReasonApplyRefused, outlook: health.Stalled,
			err: apierrors.NewBadRequest("json: cannot unmarshal"), says: "cannot unmarshal",
		},
		{name: "namespace going", reason: "the store is being deleted", err: terminating, gone: true},
		{name: "namespace gone", reason: "the store is deleted", err: apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "store-acme"), gone: true},
		{
			name: "kind gone", reason: "a definition that was removed is not a store that was", want: ReasonKindNotServed, outlook: health.Stalled,
			err: apierrors.NewGenericServerResponse(http.StatusNotFound, "patch", sets, "database", "", 0, true),
		},
		{
			name: "kind never there", reason: "its definition has to be installed", want: ReasonKindNotServed, outlook: health.Stalled,
			err: &kindNotServedError{kind},
		},
		{name: "replacing", reason: "what is made anew is progress", want: ReasonReplacing, outlook: health.Working, err: errReplacing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &desired{kind: kind, name: "database"}
			// Wrapping must not change the class.
			got := classify(d, fmt.Errorf("wrapped: %w", tt.err))
			if got.gone != tt.gone || got.reason != tt.want || got.outlook != tt.outlook {
				t.Errorf("got %+v, want reason %q, outlook %d, gone %t: %s", got, tt.want, tt.outlook, tt.gone, tt.reason)
			}
			if !strings.Contains(got.message, tt.says) {
				t.Errorf("message %q does not say %q", got.message, tt.says)
			}
		})
	}
}

func TestStopForTellsTheGravest(t *testing.T) {
	kind := appsv1.SchemeGroupVersion.WithKind("StatefulSet")
	passing := classify(&desired{kind: kind, name: "a"}, http.ErrServerClosed)
	final := classify(&desired{kind: kind, name: "b"}, &kindNotServedError{kind})
	halt := stopFor([]failure{passing, final})
	if halt.verdict.Reason != ReasonKindNotServed || !errors.Is(halt.err, http.ErrServerClosed) {
		t.Errorf("got %q and error %v, want the gravest reason and all errors", halt.verdict.Reason, halt.err)
	}
}
