package expand

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func storage(size string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}
}

func claim(asks, has string, phase corev1.PersistentVolumeClaimPhase) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "store-acme", Name: "database"},
		Spec:       corev1.PersistentVolumeClaimSpec{VolumeName: "v", Resources: corev1.VolumeResourceRequirements{Requests: storage(asks)}},
		Status:     corev1.PersistentVolumeClaimStatus{Phase: phase, Capacity: storage(has)},
	}
}

func directory(by, size string) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "v", Annotations: map[string]string{provisionedBy: by}},
		Spec:       corev1.PersistentVolumeSpec{Capacity: storage(size)},
	}
}

func TestGrow(t *testing.T) {
	tests := []struct {
		name                    string
		claim                   *corev1.PersistentVolumeClaim
		volume                  *corev1.PersistentVolume
		wantVolume, wantClaimed string
	}{
		{"a claim that asks for more", claim("20Gi", "5Gi", corev1.ClaimBound), directory(provisioner, "5Gi"), "20Gi", "20Gi"},
		{"one that was left half done", claim("20Gi", "5Gi", corev1.ClaimBound), directory(provisioner, "20Gi"), "20Gi", "20Gi"},
		{"one that has what it asks for", claim("5Gi", "5Gi", corev1.ClaimBound), directory(provisioner, "5Gi"), "5Gi", "5Gi"},
		{"one whose volume is larger than it asked for", claim("5Gi", "8Gi", corev1.ClaimBound), directory(provisioner, "8Gi"), "8Gi", "8Gi"},
		{"one that is not bound", claim("20Gi", "5Gi", corev1.ClaimLost), directory(provisioner, "5Gi"), "5Gi", "5Gi"},
		{"one of a volume that is a disk", claim("20Gi", "5Gi", corev1.ClaimBound), directory("disks.example.io", "5Gi"), "5Gi", "5Gi"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := fake.NewClientset(tt.claim, tt.volume)
			if err := grow(t.Context(), client, tt.claim); err != nil {
				t.Fatal(err)
			}
			grown, err := client.CoreV1().PersistentVolumes().Get(t.Context(), "v", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := grown.Spec.Capacity.Storage(); got.Cmp(resource.MustParse(tt.wantVolume)) != 0 {
				t.Errorf("the volume has %s, not %s", got, tt.wantVolume)
			}
			claimed, err := client.CoreV1().PersistentVolumeClaims("store-acme").Get(t.Context(), "database", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := claimed.Status.Capacity.Storage(); got.Cmp(resource.MustParse(tt.wantClaimed)) != 0 {
				t.Errorf("the claim has %s, not %s", got, tt.wantClaimed)
			}
		})
	}
}

// TestTriesAgain: a claim that could not grow at once does so later.
func TestTriesAgain(t *testing.T) {
	client := fake.NewClientset(claim("20Gi", "5Gi", corev1.ClaimBound), directory(provisioner, "5Gi"))
	refused := false
	client.PrependReactor("patch", "persistentvolumes", func(clienttesting.Action) (bool, runtime.Object, error) {
		if refused {
			return false, nil, nil
		}
		refused = true
		return true, nil, errors.New("not now")
	})
	changes, err := client.CoreV1().PersistentVolumeClaims("store-acme").Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- work(ctx, client) }()
	for change := range changes.ResultChan() {
		if claim := change.Object.(*corev1.PersistentVolumeClaim); claim.Status.Capacity.Storage().Cmp(resource.MustParse("20Gi")) == 0 {
			break // any earlier change leaves it waiting
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	if !refused {
		t.Error("the volume was not refused, which this test is about")
	}
}
