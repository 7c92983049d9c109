package provisioner

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
)

// stampedOf is an object as a chart would render it, ready to be applied.
func stampedOf(t *testing.T, object any) *desired {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	rendered := &unstructured.Unstructured{}
	if err := rendered.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	d, err := stamped(rendered)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func pendingClaim(claim *corev1.PersistentVolumeClaim) *corev1.PersistentVolumeClaim {
	claim.Status.Phase = corev1.ClaimPending
	return claim
}

func claimOf(size, class string, mode corev1.PersistentVolumeAccessMode) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
		ObjectMeta: metav1.ObjectMeta{Name: "database"},
		Status:     corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{mode},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
		},
	}
	if class != "" {
		claim.Spec.StorageClassName = ptr.To(class)
	}
	return claim
}

func TestSettle(t *testing.T) {
	const once, many = corev1.ReadWriteOnce, corev1.ReadWriteMany
	tests := []struct {
		name       string
		reason     string
		live       metav1.Object
		want       *corev1.PersistentVolumeClaim
		wantDigest bool // another than rendered
	}{
		{name: "new", reason: "a new claim is as rendered", live: nil, want: claimOf("10Gi", "fast", once)},
		{name: "same", reason: "a claim as rendered costs nothing", live: claimOf("10Gi", "fast", once), want: claimOf("10Gi", "fast", once)},
		{name: "grows", reason: "the rendered size is larger", live: claimOf("5Gi", "fast", once), want: claimOf("10Gi", "fast", once)},
		{name: "grows once it has a volume", reason: "before, no size may change", live: pendingClaim(claimOf("5Gi", "fast", once)), want: claimOf("5Gi", "fast", once), wantDigest: true},
		{name: "never shrinks", reason: "a smaller plan leaves the data where it is", live: claimOf("20Gi", "fast", once), want: claimOf("20Gi", "fast", once), wantDigest: true},
		{name: "same size in other units", reason: "quantities are compared as such", live: claimOf("10240Mi", "fast", once), want: claimOf("10Gi", "fast", once)},
		{name: "keeps its class", reason: "a class is for life", live: claimOf("10Gi", "slow", once), want: claimOf("10Gi", "slow", once), wantDigest: true},
		{name: "keeps its modes", reason: "modes are for life", live: claimOf("10Gi", "fast", many), want: claimOf("10Gi", "fast", many), wantDigest: true},
		{name: "no claim", reason: "only claims are settled", live: &metav1.PartialObjectMetadata{}, want: claimOf("10Gi", "fast", once)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rendered := stampedOf(t, claimOf("10Gi", "fast", once))
			settled, err := settle(rendered, tt.live)
			if err != nil {
				t.Fatal(err)
			}
			var got corev1.PersistentVolumeClaim
			if err := json.Unmarshal(settled.body, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want.Spec, got.Spec); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
			if got := settled.digest != rendered.digest; got != tt.wantDigest {
				t.Errorf("another digest: %t, want %t: %s", got, tt.wantDigest, tt.reason)
			}
		})
	}
}
