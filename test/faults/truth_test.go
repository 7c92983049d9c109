package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
)

// truthful compares a settled store with the objects in its namespace, and looks
// for what is there twice.
func truthful(ctx context.Context, kube kubernetes.Interface, store *v1alpha1.Store) error {
	namespace := v1alpha1.NamespacePrefix + store.Name
	ours := metav1.ListOptions{LabelSelector: v1alpha1.LabelStore + "=" + store.Name}
	var problems []error
	fail := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(namespace+": "+format, args...))
	}
	seen := map[string]string{}
	role := func(kind string, object metav1.ObjectMeta) {
		key := kind + " " + object.Labels[engine.LabelComponent]
		if other, twice := seen[key]; twice {
			fail("there are two of %s: %s and %s", key, other, object.Name)
		}
		seen[key] = object.Name
	}
	replicas := func(object metav1.ObjectMeta, observed int64, want *int32, ready int32) {
		if want == nil {
			fail("%s does not say how many pods it wants", object.Name)
		} else if observed != object.Generation || *want != ready || (*want == 0) != store.Spec.Suspend {
			fail("%s has %d ready of %d, generation %d observed of %d, and the store claims to be %s",
				object.Name, ready, *want, observed, object.Generation, store.Status.Phase)
		}
	}
	deployments, err := kube.AppsV1().Deployments(namespace).List(ctx, ours)
	if err != nil {
		return err
	}
	var application string
	for _, d := range deployments.Items {
		role("Deployment", d.ObjectMeta)
		replicas(d.ObjectMeta, d.Status.ObservedGeneration, d.Spec.Replicas, d.Status.ReadyReplicas)
		if d.Status.UpdatedReplicas != d.Status.Replicas {
			fail("%s has %d updated pods of %d", d.Name, d.Status.UpdatedReplicas, d.Status.Replicas)
		}
		if d.Labels[engine.LabelComponent] == engine.ComponentApplication {
			application = d.Spec.Template.Spec.Containers[0].Image
		}
	}
	if want := store.Spec.Version + "-r1"; !imageOf(application, want) {
		fail("the application runs %q, and the store is to run %s", application, store.Spec.Version)
	}
	sets, err := kube.AppsV1().StatefulSets(namespace).List(ctx, ours)
	if err != nil {
		return err
	}
	for _, s := range sets.Items {
		role("StatefulSet", s.ObjectMeta)
		replicas(s.ObjectMeta, s.Status.ObservedGeneration, s.Spec.Replicas, s.Status.ReadyReplicas)
	}
	jobs, err := kube.BatchV1().Jobs(namespace).List(ctx, ours)
	if err != nil {
		return err
	}
	for _, j := range jobs.Items {
		if len(j.OwnerReferences) > 0 {
			continue // a CronJob's, which has several
		}
		role("Job", j.ObjectMeta)
		if !store.Spec.Suspend && j.Status.Succeeded == 0 {
			fail("job %s has not succeeded, and the store claims to be %s", j.Name, store.Status.Phase)
		}
	}
	if len(deployments.Items) == 0 || len(sets.Items) == 0 || (!store.Spec.Suspend && len(jobs.Items) == 0) {
		fail("there are %d Deployments, %d StatefulSets and %d Jobs", len(deployments.Items), len(sets.Items), len(jobs.Items))
	}
	ingresses, err := kube.NetworkingV1().Ingresses(namespace).List(ctx, ours)
	if err != nil {
		return err
	}
	if len(ingresses.Items) != 1 {
		fail("there are %d Ingresses", len(ingresses.Items))
	}
	claims, err := kube.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, claim := range claims.Items {
		if claim.Status.Phase != corev1.ClaimBound && !store.Spec.Suspend {
			fail("claim %s is %s, and the store claims to be %s", claim.Name, claim.Status.Phase, store.Status.Phase)
		}
	}
	return errors.Join(problems...)
}

func imageOf(image, tag string) bool {
	return len(image) > len(tag) && image[len(image)-len(tag)-1:] == ":"+tag
}

// namespaced are all kinds of the cluster that live in namespaces.
func namespaced(t testing.TB, client discovery.DiscoveryInterface) (resources []schema.GroupVersionResource) {
	t.Helper()
	var lists []*metav1.APIResourceList
	eventually(t, "all kinds are known", func(context.Context) (err error) {
		lists, err = client.ServerPreferredNamespacedResources()
		return err
	})
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Verbs, "list") {
				resources = append(resources, version.WithResource(resource.Name))
			}
		}
	}
	return resources
}

// labels checks that every object, of any kind, that carries the label of a
// store is in that store's namespace and that the store exists.
func labels(ctx context.Context, admin *rest.Config, resources []schema.GroupVersionResource, exists map[string]bool) error {
	admin.WarningHandler = rest.NoWarnings{} // some kinds are deprecated
	client, err := metadata.NewForConfig(admin)
	if err != nil {
		return err
	}
	var problems []error
	for _, resource := range resources {
		list, err := client.Resource(resource).List(ctx, metav1.ListOptions{LabelSelector: v1alpha1.LabelStore})
		if err != nil {
			return fmt.Errorf("list %s: %w", resource.Resource, err)
		}
		for _, object := range list.Items {
			name := object.Labels[v1alpha1.LabelStore]
			if !exists[name] || object.Namespace != v1alpha1.NamespacePrefix+name {
				problems = append(problems, fmt.Errorf("%s %s/%s is labelled for store %q", resource.Resource, object.Namespace, object.Name, name))
			}
		}
	}
	return errors.Join(problems...)
}
