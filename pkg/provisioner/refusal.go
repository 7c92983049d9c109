package provisioner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// Reasons of ResourcesApplied, beside those of pin, render and secrets.
const (
	// ReasonApplying is an apply that is tried again after a passing failure.
	ReasonApplying = "Applying"
	// ReasonReplacing is an object that is made anew because its change is immutable.
	ReasonReplacing = "Replacing"
	// ReasonWaitingForPredecessor is a Job whose predecessor still has pods.
	ReasonWaitingForPredecessor = "WaitingForPredecessor"
	// ReasonWaitingForQuota is a claim that is to be made or to grow by what the shop's
	// quota grants since just now.
	ReasonWaitingForQuota = "WaitingForQuota"
	// ReasonApplyRefused is an object that the API server finds invalid.
	ReasonApplyRefused = "ApplyRefused"
	// ReasonApplyForbidden is an object that a quota, a policy or missing permission forbids.
	ReasonApplyForbidden = "ApplyForbidden"
	// ReasonApplyFailed is an API server or an admission webhook that fails.
	ReasonApplyFailed = "ApplyFailed"
	// ReasonKindNotServed is an object of a kind that the cluster does not have.
	ReasonKindNotServed = "KindNotServed"
)

// Objects that wait for what is watched: nothing else has them tried again.
var (
	errReplacing = errors.New("object is being replaced")
	errUncounted = errors.New("the quota is not counted anew yet")
)

// errMeasuredLate is a claim that was measured by what its quota granted before.
var errMeasuredLate = errors.New("the quota that refuses it has room")

// kindNotServedError is an object of a kind that the cluster does not serve.
type kindNotServedError struct{ kind schema.GroupVersionKind }

func (e *kindNotServedError) Error() string { return fmt.Sprintf("%s is not served", e.kind) }

// failure is an object that could not be made as it is to be.
type failure struct {
	err     error
	reason  string
	outlook health.Outlook
	message string
	gone    bool
}

// final tells that trying the other objects is of no use.
func (f failure) final() bool { return f.gone }

func classify(d *desired, err error) failure {
	f := failure{err: fmt.Errorf("apply %s %s: %w", d.kind.Kind, d.name, err)}
	object := d.kind.Kind + " " + d.name
	var notServed *kindNotServedError
	var cannotGrow *cannotGrowError
	switch {
	case errors.Is(err, errReplacing):
		f.reason, f.outlook = ReasonReplacing, health.Working
		f.message = object + " is being replaced, because the change cannot be made in place; its pods keep running"
	case errors.Is(err, errUncounted), errors.Is(err, errMeasuredLate):
		f.reason, f.outlook = ReasonWaitingForQuota, health.Working
		f.message = object + " is applied when kube-controller-manager has taken note of the larger quota of the shop; if that does not happen, see that it runs"
	case errors.As(err, &notServed):
		f.reason, f.outlook = ReasonKindNotServed, health.Stalled
		f.message = fmt.Sprintf("the cluster does not serve %s (%s); install its definition", d.kind.Kind, d.kind.GroupVersion())
	case namespaceGone(err):
		f.gone = true
	case errors.As(err, &cannotGrow):
		f.reason, f.outlook = v1alpha1.ReasonStorageCannotGrow, health.Stalled
		f.message = cannotGrow.Error()
	case apierrors.IsNotFound(err):
		f.reason, f.outlook = ReasonKindNotServed, health.Stalled
		f.message = fmt.Sprintf("the cluster does not serve %s (%s) any more; install its definition", d.kind.Kind, d.kind.GroupVersion())
	case deniedByPolicy(err):
		f.reason, f.outlook = ReasonApplyForbidden, health.Stalled
		f.message = fmt.Sprintf("%s is forbidden: %s; that admission policy has to allow it", object, said(err))
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		f.reason, f.outlook = ReasonApplyRefused, health.Stalled
		f.message = fmt.Sprintf("the API server refuses %s: %s; correct spec, or have the engine repaired", object, causes(err))
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		f.reason, f.outlook = ReasonApplyForbidden, health.Stalled
		f.message = fmt.Sprintf("%s is forbidden: %s; a quota, an admission policy or the provisioner's role has to allow it", object, said(err))
	case apierrors.IsInternalError(err):
		f.reason, f.outlook = ReasonApplyFailed, health.Broken
		f.message = fmt.Sprintf("%s could not be applied: %s; if an admission webhook is named, see that it runs", object, said(err))
	default:
		f.reason, f.outlook = ReasonApplying, health.Working
		f.message = "objects are being applied; a passing failure of the API server is tried again"
	}
	return f
}

// deniedByPolicy tells that not the object is wrong but somebody does not want it. A
// ValidatingAdmissionPolicy answers Invalid unless it says otherwise, with a cause
// that names no field; a webhook answers whatever it likes, and kube-apiserver puts
// its name first (k8s.io/apiserver/pkg/admission/plugin/webhook/errors).
func deniedByPolicy(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	if strings.HasPrefix(status.Status().Message, "admission webhook ") && !apierrors.IsInternalError(err) {
		return true
	}
	details := status.Status().Details
	return apierrors.IsInvalid(err) && (details == nil ||
		!slices.ContainsFunc(details.Causes, func(cause metav1.StatusCause) bool { return cause.Field != "" }))
}

// namespaceGone tells that the store is being deleted, or is.
func namespaceGone(err error) bool {
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true
	}
	var status apierrors.APIStatus
	return apierrors.IsNotFound(err) && errors.As(err, &status) &&
		status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
}

// stopFor reports the gravest failure and has the store tried again.
func stopFor(failures []failure) *stop {
	gravest := failures[0]
	errs := make([]error, 0, len(failures))
	for _, f := range failures {
		errs = append(errs, f.err)
		if f.gone {
			return &stop{gone: true}
		}
		if f.outlook > gravest.outlook {
			gravest = f
		}
	}
	halt := &stop{verdict: health.Fails(gravest.outlook, gravest.reason, "%s", gravest.message)}
	if !errors.Is(gravest.err, errReplacing) && !errors.Is(gravest.err, errUncounted) {
		halt.err = errors.Join(errs...)
	}
	return halt
}

// waiting stops until something that is watched has happened.
func waiting(reason, format string, args ...any) *stop {
	return &stop{verdict: health.Fails(health.Working, reason, format, args...)}
}

// causes tells which fields are refused and why, sorted.
func causes(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return said(err)
	}
	var told []string
	for _, cause := range status.Status().Details.Causes {
		told = append(told, strings.TrimPrefix(cause.Field+": "+cause.Message, ": "))
	}
	slices.Sort(told)
	return strings.Join(slices.Compact(told), "; ")
}

func said(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Message
	}
	return err.Error()
}
