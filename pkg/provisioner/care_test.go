package provisioner

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var (
	services    = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	claims      = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	policies    = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}
)

// TestDrift has somebody change what the platform manages.
func TestDrift(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("drift", nil)
	b.applied("drift")
	const namespace = "store-drift"
	settings, scripts := b.configMap(namespace, "settings"), b.configMap(namespace, "scripts")
	tests := []struct {
		name     string
		reason   string
		resource schema.GroupVersionResource
		object   string
		do       func(ctx context.Context) error
		restored []string // path of a field
		want     string
	}{
		{
			name: "deleted", reason: "what is missing is made again", resource: configMaps, object: settings,
			do: func(ctx context.Context) error {
				return b.dyn.Resource(configMaps).Namespace(namespace).Delete(ctx, settings, metav1.DeleteOptions{})
			},
			restored: []string{"metadata", "name"}, want: settings,
		},
		{
			name: "field changed", reason: "a change of a field that was rendered is undone", resource: services, object: "application",
			do: func(ctx context.Context) error {
				return b.patch(ctx, services, namespace, "application", `{"spec":{"selector":{"app.kubernetes.io/component":"elsewhere"}}}`)
			},
			restored: []string{"spec", "selector", "app.kubernetes.io/component"}, want: "application",
		},
		{
			name: "label taken off", reason: "an object that loses the store's label leaves the cache; it is found again by its name", resource: configMaps, object: scripts,
			do: func(ctx context.Context) error {
				return b.patch(ctx, configMaps, namespace, scripts, `{"metadata":{"labels":{"platform.example.io/store":null}}}`)
			},
			restored: []string{"metadata", "labels", v1alpha1.LabelStore}, want: "drift",
		},
		{
			name: "digest forged", reason: "an annotation that anybody can write decides nothing", resource: services, object: "database",
			do: func(ctx context.Context) error {
				live, err := b.dyn.Resource(services).Namespace(namespace).Get(ctx, "database", metav1.GetOptions{})
				if err != nil {
					return err
				}
				digest := live.GetAnnotations()[annotationApplied]
				return b.patch(ctx, services, namespace, "database", fmt.Sprintf(
					`{"metadata":{"annotations":{%q:%q},"managedFields":[{}]},"spec":{"selector":{"app.kubernetes.io/component":"elsewhere"}}}`, annotationApplied, digest))
			},
			restored: []string{"spec", "selector", "app.kubernetes.io/component"}, want: "database",
		},
		{
			name: "policy opened", reason: "an empty selector that was narrowed is rendered empty again", resource: policies, object: "default-deny",
			do: func(ctx context.Context) error {
				return b.patch(ctx, policies, namespace, "default-deny", `{"spec":{"podSelector":{"matchLabels":{"no":"pod"}}}}`)
			},
			restored: []string{"spec", "podSelector", "matchLabels", "no"}, want: "",
		},
		{
			name: "scaled", reason: "replicas follow from the plan", resource: deployments, object: "application",
			do: func(ctx context.Context) error {
				_, err := b.dyn.Resource(deployments).Namespace(namespace).Patch(ctx, "application", types.MergePatchType,
					[]byte(`{"spec":{"replicas":0}}`), metav1.PatchOptions{}, "scale")
				return err
			},
			restored: []string{"spec", "replicas"}, want: "1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.on(t).eventually(tt.reason, func(ctx context.Context) (bool, string) {
				live, err := b.dyn.Resource(tt.resource).Namespace(namespace).Get(ctx, tt.object, metav1.GetOptions{})
				if err != nil {
					return false, err.Error()
				}
				value, _, err := unstructured.NestedFieldNoCopy(live.Object, tt.restored...)
				if err != nil {
					return false, err.Error()
				}
				got := ""
				if value != nil {
					got = fmt.Sprint(value)
				}
				return got == tt.want && ours(live), got
			})
		})
	}
}

// on speaks for a subtest.
func (b *bench) on(t *testing.T) *bench {
	sub := *b
	sub.t = t
	return &sub
}

func (b *bench) patch(ctx context.Context, resource schema.GroupVersionResource, namespace, name, patch string) error {
	_, err := b.dyn.Resource(resource).Namespace(namespace).Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// TestPrune puts objects into a store's namespace that its engine does not render.
func TestPrune(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("prune", nil)
	b.applied("prune")
	const namespace = "store-prune"
	labels := map[string]any{v1alpha1.LabelStore: "prune", v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	tests := []struct {
		name    string
		reason  string
		kind    string
		object  string
		labels  map[string]any
		manager string
		spec    map[string]any
		kept    bool
	}{
		{name: "ours", reason: "what an earlier revision made goes", kind: "ConfigMap", object: "left-over", labels: labels, manager: FieldManager},
		{name: "another's with our label", reason: "a label alone does not make an object ours", kind: "ConfigMap", object: "labelled", labels: labels, manager: "somebody", kept: true},
		{name: "another's", reason: "what users added is left alone", kind: "ConfigMap", object: "added", manager: "somebody", kept: true},
		{
			name: "our claim", reason: "data is never pruned", kind: "PersistentVolumeClaim", object: "old-data", labels: labels, manager: FieldManager, kept: true,
			spec: map[string]any{"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}}},
		},
		{name: "our Secret", reason: "what a Secret holds cannot be made again", kind: "Secret", object: "old-secret", labels: labels, manager: FieldManager, kept: true},
	}
	resources := map[string]schema.GroupVersionResource{
		"ConfigMap": configMaps, "PersistentVolumeClaim": claims, "Secret": {Version: "v1", Resource: "secrets"},
	}
	for _, tt := range tests {
		resource := resources[tt.kind]
		object := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": tt.kind,
			"metadata": map[string]any{"name": tt.object, "labels": tt.labels}}}
		if tt.spec != nil {
			object.Object["spec"] = tt.spec
		}
		b.eventually("make "+tt.object, func(ctx context.Context) (bool, string) {
			if tt.spec != nil {
				// The store's quota, which is made again, counts storage; this case is about pruning.
				if err := b.kube.CoreV1().ResourceQuotas(namespace).Delete(ctx, "store", metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
					return false, err.Error()
				}
			}
			_, err := b.dyn.Resource(resource).Namespace(namespace).Apply(ctx, tt.object, object, metav1.ApplyOptions{FieldManager: tt.manager})
			return err == nil, fmt.Sprint(err)
		})
	}
	b.eventually("what is ours and not rendered is pruned", func(ctx context.Context) (bool, string) {
		_, err := b.kube.CoreV1().ConfigMaps(namespace).Get(ctx, "left-over", metav1.GetOptions{})
		return apierrors.IsNotFound(err), fmt.Sprint(err)
	})
	// A change of the store has everything gone through once more.
	b.edit("prune", func(s *v1alpha1.StoreSpec) { s.DisplayName = "Once more" })
	b.applied("prune")
	for _, tt := range tests {
		live, err := b.dyn.Resource(resources[tt.kind]).Namespace(namespace).Get(t.Context(), tt.object, metav1.GetOptions{})
		if kept := err == nil && live.GetDeletionTimestamp() == nil; kept != tt.kept {
			t.Errorf("%s: kept %t, want %t (%v): %s", tt.name, kept, tt.kept, err, tt.reason)
		}
	}
}

// TestReplace has a StatefulSet whose change is immutable: it is made anew and
// the pods of the one before run on.
func TestReplace(t *testing.T) {
	b := newBench(t)
	first := b.provision(nil)
	b.order("replace", nil)
	b.condition("replace", v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, "Ready")
	first.stop()
	const namespace = "store-replace"
	set, err := b.kube.AppsV1().StatefulSets(namespace).Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod, err := b.kube.CoreV1().Pods(namespace).Get(t.Context(), "database-0", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// An earlier revision would have had another service name.
	orphan := metav1.DeletePropagationOrphan
	if err := b.kube.AppsV1().StatefulSets(namespace).Delete(t.Context(), "database", metav1.DeleteOptions{PropagationPolicy: &orphan}); err != nil {
		t.Fatal(err)
	}
	earlier := set.DeepCopy()
	earlier.ObjectMeta = metav1.ObjectMeta{Name: set.Name, Namespace: namespace, Labels: set.Labels}
	earlier.Spec.ServiceName = "elsewhere"
	b.eventually("make the earlier StatefulSet", func(ctx context.Context) (bool, string) {
		_, err := b.kube.AppsV1().StatefulSets(namespace).Create(ctx, earlier, metav1.CreateOptions{FieldManager: "earlier"})
		return err == nil, fmt.Sprint(err)
	})
	b.provision(nil)
	b.eventually("the StatefulSet is as rendered", func(ctx context.Context) (bool, string) {
		live, err := b.kube.AppsV1().StatefulSets(namespace).Get(ctx, "database", metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		return live.Spec.ServiceName == set.Spec.ServiceName && ours(live), live.Spec.ServiceName
	})
	b.condition("replace", v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, "Ready")
	after, err := b.kube.CoreV1().Pods(namespace).Get(t.Context(), "database-0", metav1.GetOptions{})
	if err != nil || after.UID != pod.UID {
		t.Errorf("the database's pod was replaced (%v): uid %s, was %s", err, after.GetUID(), pod.UID)
	}
}

// TestReplaceNeedsAValidSuccessor holds because a StatefulSet that is wrong would
// be refused anew after the one that serves was deleted.
func TestReplaceNeedsAValidSuccessor(t *testing.T) {
	b := newBench(t)
	p := b.provision(nil)
	store := b.order("replace-wrong", nil)
	b.applied(store.Name)
	for _, d := range p.rendered(t, store) {
		if d.kind.GroupKind() != kindStatefulSet {
			continue
		}
		client := p.metadata.Resource(p.caches.mustKind(kindStatefulSet).resource).Namespace("store-" + store.Name)
		if !validAsNew(t.Context(), client, d) {
			t.Error("a StatefulSet that was applied is not valid as a new one")
		}
		wrong := &unstructured.Unstructured{Object: d.object(t)}
		if err := unstructured.SetNestedField(wrong.Object, "no such policy", "spec", "podManagementPolicy"); err != nil {
			t.Fatal(err)
		}
		if validAsNew(t.Context(), client, must(stamped(wrong))) {
			t.Error("a StatefulSet with a policy that does not exist is valid as a new one")
		}
	}
	sets, err := b.kube.AppsV1().StatefulSets("store-"+store.Name).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(sets.Items) != 1 {
		t.Errorf("the question left %d StatefulSets (%v)", len(sets.Items), err)
	}
}

func (d *desired) object(t *testing.T) map[string]any {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(d.body); err != nil {
		t.Fatal(err)
	}
	return object.Object
}
