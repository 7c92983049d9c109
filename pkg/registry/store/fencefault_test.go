package store_test

import (
	"context"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/registry/store/nsstorage"
)

// The version of any list of the cluster may be that of a fence's own write,
// before which our watch cache stops.
func TestAListAtTheVersionOfAFence(t *testing.T) {
	r := newRegistryWith(t, cluster, nsstorage.Fence)
	created := r.mustCreate(t, newStore(uniqueName()))
	for range 3 {
		r.list(t, &internalversion.ListOptions{})
		fence, err := r.kube.CoreV1().Namespaces().Get(t.Context(), fenceNamespace, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range []metav1.ResourceVersionMatch{"", metav1.ResourceVersionMatchNotOlderThan, metav1.ResourceVersionMatchExact} {
			list := r.list(t, &internalversion.ListOptions{ResourceVersion: fence.ResourceVersion, ResourceVersionMatch: match})
			if !lists(list, created) {
				t.Errorf("the list with match %q at the version of a fence lacks a store", match)
			}
		}
	}
}

// What happens to the fence must not stop reads, nor make them stale: a list
// shows what another server just acknowledged, of which no event has come yet.
func TestListsBehindABrokenFence(t *testing.T) {
	delayed := &delayed{Namespaces: newNamespaces(t, cluster)}
	reader := newRegistryOver(t, cluster, delayed, nsstorage.Fence)
	writer := newRegistry(t, cluster)
	for _, test := range []struct {
		name, reason string
		harm         func(t *testing.T, r *registry)
	}{
		{
			name: "without events", reason: "a watch may lag behind for longer than anybody waits",
			harm: func(*testing.T, *registry) {},
		},
		{
			name: "without annotations", reason: "a JSON patch adds to what is there only",
			harm: func(t *testing.T, r *registry) {
				r.changeFence(t.Context(), t, func(fence *corev1.Namespace) { fence.Annotations = nil })
				t.Cleanup(func() {
					if r.fence(context.Background(), t).Annotations[fenceAnnotation] == "" {
						t.Error("the fence has not been repaired")
					}
				})
			},
		},
		{
			name: "foreign", reason: "a namespace without our labels is not adopted",
			harm: func(t *testing.T, r *registry) {
				var labels map[string]string
				foreign := r.changeFence(t.Context(), t, func(fence *corev1.Namespace) {
					labels, fence.Labels = fence.Labels, map[string]string{"owner": "somebody"}
				})
				t.Cleanup(func() {
					if now := r.fence(context.Background(), t); now.ResourceVersion != foreign.ResourceVersion {
						t.Error("somebody's namespace was written to")
					}
					r.changeFence(context.Background(), t, func(fence *corev1.Namespace) { fence.Labels = labels })
				})
			},
		},
		{
			name: "refused", reason: "a policy may refuse every change of a namespace that lacks an owner",
			harm: func(t *testing.T, r *registry) {
				r.refuseFences(t)
				r.until(t, "fences are refused", refused)
			},
		},
		{
			name: "undone", reason: "a patch that changes nothing is answered with an old version",
			harm: func(t *testing.T, r *registry) {
				r.undoFences(t)
				r.until(t, "fences are undone", undone)
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			reader.list(t, &internalversion.ListOptions{}) // makes the fence
			test.harm(t, reader)
			delayed.mu.Lock()
			defer delayed.mu.Unlock()
			created := writer.mustCreate(t, newStore(uniqueName()))
			for _, version := range []string{"", created.ResourceVersion} {
				if !lists(reader.list(t, &internalversion.ListOptions{ResourceVersion: version}), created) {
					t.Errorf("the list at version %q lacks a store that was created before (%s)", version, test.reason)
				}
			}
		})
	}
}

// delayed is a client of namespaces whose watch brings nothing while it is locked.
type delayed struct {
	nsstorage.Namespaces
	mu sync.Mutex
}

func (d *delayed) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	upstream, err := d.Namespaces.Watch(ctx, options)
	if err != nil {
		return nil, err
	}
	return watch.Filter(upstream, func(event watch.Event) (watch.Event, bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return event, true
	}), nil
}

const fenceAnnotation = "platform.example.io/fence"

func (r *registry) fence(ctx context.Context, t *testing.T) *corev1.Namespace {
	t.Helper()
	fence, err := r.kube.CoreV1().Namespaces().Get(ctx, fenceNamespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return fence
}

func (r *registry) changeFence(ctx context.Context, t *testing.T, change func(*corev1.Namespace)) *corev1.Namespace {
	t.Helper()
	var changed *corev1.Namespace
	err := retry.RetryOnConflict(retry.DefaultRetry, func() (err error) { // lists write to it, too
		fence := r.fence(ctx, t)
		change(fence)
		changed, err = r.kube.CoreV1().Namespaces().Update(ctx, fence, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// until waits until a fence that is tried is answered so. It is also for cleanups.
func (r *registry) until(t *testing.T, what string, answered func(*corev1.Namespace, error) bool) {
	t.Helper()
	patch := []byte(`{"metadata":{"annotations":{"` + fenceAnnotation + `":"probe"}}}`)
	eventually(t, what, func(ctx context.Context) (bool, error) {
		return answered(r.kube.CoreV1().Namespaces().Patch(ctx, fenceNamespace, types.MergePatchType, patch,
			metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})), nil
	})
}

func refused(_ *corev1.Namespace, err error) bool { return err != nil }

func undone(fence *corev1.Namespace, err error) bool {
	return err == nil && fence.Annotations[fenceAnnotation] != "probe"
}

func works(fence *corev1.Namespace, err error) bool {
	return err == nil && fence.Annotations[fenceAnnotation] == "probe"
}

const fenceRules = `
matchConstraints:
  resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [namespaces]}]
matchConditions: [{name: fence, expression: "request.name == 'platform-example-io-fence'"}]
`

// refuseFences has a policy refuse all changes of the fence, until the test ends.
func (r *registry) refuseFences(t *testing.T) {
	client := r.kube.AdmissionregistrationV1()
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "refuse-fences"}}
	parse(t, fenceRules+`validations: [{expression: "false"}]`, &policy.Spec)
	bound := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "refuse-fences"}}
	parse(t, `{policyName: refuse-fences, validationActions: [Deny]}`, &bound.Spec)
	_, err := client.ValidatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{})
	if err == nil {
		_, err = client.ValidatingAdmissionPolicyBindings().Create(t.Context(), bound, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.ValidatingAdmissionPolicyBindings().Delete(context.Background(), bound.Name, metav1.DeleteOptions{})
		_ = client.ValidatingAdmissionPolicies().Delete(context.Background(), policy.Name, metav1.DeleteOptions{})
		r.until(t, "fences work again", works)
	})
}

// undoFences has a policy keep the fence's annotation as it is.
func (r *registry) undoFences(t *testing.T) {
	client := r.kube.AdmissionregistrationV1()
	policy := &admissionv1.MutatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: "undo-fences"}}
	parse(t, fenceRules+`
failurePolicy: Fail
reinvocationPolicy: Never
mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >
        [JSONPatch{op: "replace", path: "/metadata/annotations/platform.example.io~1fence",
        value: oldObject.metadata.annotations["platform.example.io/fence"]}]
`, &policy.Spec)
	bound := &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: "undo-fences"}}
	parse(t, `{policyName: undo-fences}`, &bound.Spec)
	_, err := client.MutatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{})
	if err == nil {
		_, err = client.MutatingAdmissionPolicyBindings().Create(t.Context(), bound, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.MutatingAdmissionPolicyBindings().Delete(context.Background(), bound.Name, metav1.DeleteOptions{})
		_ = client.MutatingAdmissionPolicies().Delete(context.Background(), policy.Name, metav1.DeleteOptions{})
		r.until(t, "fences work again", works)
	})
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
