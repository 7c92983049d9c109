package controlplane_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// TestClaimsAreNeverLost makes many claims at once and hears of every state that
// they go through: a volume that was never there is not gone. Those that were made
// go with their claims.
func TestClaimsAreNeverLost(t *testing.T) {
	const count = 60
	kube := kubernetes.NewForConfigOrDie(shared.RESTConfig())
	created, err := kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "claims-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := created.Name
	claims := kube.CoreV1().PersistentVolumeClaims(namespace)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	states, err := claims.Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer states.Stop()

	var creators sync.WaitGroup
	for i := range count {
		creators.Go(func() {
			claim := &corev1.PersistentVolumeClaim{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("data-%02d", i)},
				Spec: corev1.PersistentVolumeClaimSpec{
					AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
					Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
				},
			}
			if _, err := claims.Create(ctx, claim, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	creators.Wait()
	bound := map[string]bool{}
	for len(bound) < count {
		event, more := <-states.ResultChan()
		claim, isClaim := event.Object.(*corev1.PersistentVolumeClaim)
		if !more || !isClaim {
			t.Fatalf("the watch of claims ends with %v when %d of %d are bound", event.Object, len(bound), count)
		}
		switch claim.Status.Phase {
		case corev1.ClaimLost:
			t.Fatalf("claim %s is lost: %v", claim.Name, claim.Spec)
		case corev1.ClaimBound:
			bound[claim.Name] = true
		}
	}

	run(t, "delete", "namespace", namespace, "--timeout=2m")
	untilNoVolumeIsLeft(t, namespace)
}

// untilNoVolumeIsLeft waits until the volumes of a namespace that is gone are, too.
func untilNoVolumeIsLeft(t *testing.T, namespace string) {
	t.Helper()
	volumes := kubernetes.NewForConfigOrDie(shared.RESTConfig()).CoreV1().PersistentVolumes()
	var left []string
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		list, err := volumes.List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		left = nil
		for _, volume := range list.Items {
			if claim := volume.Spec.ClaimRef; claim != nil && claim.Namespace == namespace {
				left = append(left, volume.Name)
			}
		}
		return len(left) == 0, nil
	})
	if err != nil {
		t.Errorf("volumes outlive namespace %s: %v (%v)", namespace, left, err)
	}
}
