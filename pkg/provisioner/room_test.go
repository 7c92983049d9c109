package provisioner

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

func TestWithRoom(t *testing.T) {
	quotaOf := func(memory, pods string) *corev1.ResourceQuota {
		return &corev1.ResourceQuota{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
			ObjectMeta: metav1.ObjectMeta{Name: "store"},
			Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
				corev1.ResourceLimitsMemory: resource.MustParse(memory), corev1.ResourcePods: resource.MustParse(pods)}},
		}
	}
	tests := []struct {
		name, reason string
		live         metav1.Object
		want         *corev1.ResourceQuota
		wantDigest   bool // another than rendered
	}{
		{name: "new", reason: "a new quota is as rendered", live: nil, want: quotaOf("4Gi", "10")},
		{name: "same", reason: "a quota as rendered costs nothing", live: quotaOf("4096Mi", "10"), want: quotaOf("4Gi", "10")},
		{name: "grows", reason: "the larger pods have to find room", live: quotaOf("2Gi", "8"), want: quotaOf("4Gi", "10")},
		{name: "shrinks later", reason: "the larger pods are still there", live: quotaOf("8Gi", "20"), want: quotaOf("8Gi", "20"), wantDigest: true},
		{name: "both", reason: "each resource is kept or grows by itself", live: quotaOf("8Gi", "5"), want: quotaOf("8Gi", "10"), wantDigest: true},
		{name: "no quota", reason: "only quotas have room", live: &metav1.PartialObjectMetadata{}, want: quotaOf("4Gi", "10")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rendered := stampedOf(t, quotaOf("4Gi", "10"))
			got, err := withRoom(rendered, tt.live)
			if err != nil {
				t.Fatal(err)
			}
			var quota corev1.ResourceQuota
			if err := json.Unmarshal(got.body, &quota); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want.Spec.Hard, quota.Spec.Hard); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
			if (got.digest != rendered.digest) != tt.wantDigest {
				t.Errorf("%s: digest %s, rendered %s", tt.reason, got.digest, rendered.digest)
			}
		})
	}
}

// TestClaimWaitsForTheQuota: the API server measures a claim by the status of a quota,
// which follows what was granted in its own time, and would refuse it until then.
func TestClaimWaitsForTheQuota(t *testing.T) {
	const namespace = "store-acme"
	storage := func(size string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceRequestsStorage: resource.MustParse(size)}
	}
	rendered := &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store"},
		Spec:       corev1.ResourceQuotaSpec{Hard: storage("20Gi")},
	}
	live := func(version, granted, counted string) *corev1.ResourceQuota {
		quota := rendered.DeepCopy()
		quota.ResourceVersion, quota.Spec.Hard = version, storage(granted)
		if counted != "" {
			quota.Status.Hard = storage(counted)
		}
		return quota
	}
	tests := []struct {
		name, reason string
		cached       *corev1.ResourceQuota
		written      *corev1.ResourceQuota
		waits        bool
	}{
		{name: "counted", reason: "there is room", cached: live("7", "20Gi", "20Gi")},
		{name: "granted just now", reason: "the controller has not seen it", cached: live("7", "20Gi", "10Gi"), waits: true},
		{name: "written just now", reason: "nobody has seen it", cached: live("7", "10Gi", "10Gi"), written: live("8", "20Gi", ""), waits: true},
		{name: "new", reason: "a quota that was never counted refuses nothing, and a new shop waits for nobody", cached: live("7", "20Gi", "")},
		{name: "new and not seen", reason: "the same", written: live("8", "20Gi", "")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := unconnected(t)
			if tt.cached != nil {
				if err := p.caches.mustKind(kindQuota).informer.GetStore().Add(tt.cached); err != nil {
					t.Fatal(err)
				}
			}
			if tt.written != nil {
				p.recent.remember(rolloutNow, objectKey{kindQuota, namespace, "store"}, tt.written)
			}
			claim := stampedOf(t, claimOf("20Gi", "fast", corev1.ReadWriteOnce))
			w := &work{
				store: &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}, namespace: namespace,
				release: &release{objects: []*desired{stampedOf(t, rendered), claim}},
			}
			err := p.applyObject(t.Context(), w, claim, true)
			if errors.Is(err, errUncounted) != tt.waits {
				t.Errorf("got %v, want it to wait: %t: %s", err, tt.waits, tt.reason)
			}
			if halt := stopFor([]failure{classify(claim, errUncounted)}); halt.verdict.Reason != ReasonWaitingForQuota || halt.err != nil {
				t.Errorf("it says %s and is tried again by itself (%v): what it waits for is watched", halt.verdict.Reason, halt.err)
			}
		})
	}
}

// TestClaimMeasuredLate tells a quota that is full from one of which an API server
// does not know yet what it grants.
func TestClaimMeasuredLate(t *testing.T) {
	const namespace = "store-acme"
	refusal := func(words string) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "persistentvolumeclaims"}, "database", errors.New(words))
	}
	const ours = "exceeded quota: store, requested: requests.storage=10Gi, used: requests.storage=10Gi, limited: requests.storage=10Gi"
	live := claimOf("10Gi", "fast", corev1.ReadWriteOnce)
	tests := []struct {
		name, reason string
		used         string
		live         metav1.Object
		refusal      error
		want         bool
	}{
		{"room to grow", "it is refused by what was granted before", "10Gi", live, refusal(ours), true},
		{"room for a new one", "the same", "0", nil, refusal(ours), true},
		{"full", "somebody else has what it was to have", "15Gi", live, refusal(ours), false},
		{"full for a new one", "the same", "10Gi", nil, refusal(ours), false},
		{"somebody's quota", "nothing is known of that", "10Gi", live, refusal("exceeded quota: store-of-bob, requested: requests.storage=10Gi"), false},
		{"a policy", "room is not what it lacks", "10Gi", live, refusal("volumes of that class cannot grow"), false},
		{"an API server that fails", "nothing was measured", "10Gi", live, errors.New("connection refused"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			quota := &corev1.ResourceQuota{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store"},
				Status: corev1.ResourceQuotaStatus{
					Hard: corev1.ResourceList{corev1.ResourceRequestsStorage: resource.MustParse("20Gi")},
					Used: corev1.ResourceList{corev1.ResourceRequestsStorage: resource.MustParse(tt.used)},
				},
			}
			p := unconnected(t)
			if err := p.caches.mustKind(kindQuota).informer.GetStore().Add(quota); err != nil {
				t.Fatal(err)
			}
			claim := stampedOf(t, claimOf("20Gi", "fast", corev1.ReadWriteOnce))
			w := &work{namespace: namespace, release: &release{objects: []*desired{stampedOf(t, quota), claim}}}
			if got := p.measuredLate(w, claim, tt.live, tt.refusal); got != tt.want {
				t.Errorf("got %t, want %t: %s", got, tt.want, tt.reason)
			}
			if halt := stopFor([]failure{classify(claim, fmt.Errorf("%w: %w", errMeasuredLate, tt.refusal))}); halt.verdict.Reason != ReasonWaitingForQuota || halt.err == nil {
				t.Errorf("it says %s and is not tried again: nothing tells when it would pass", halt.verdict.Reason)
			}
		})
	}
}
