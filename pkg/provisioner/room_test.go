package provisioner

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
