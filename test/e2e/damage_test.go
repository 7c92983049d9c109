package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// The annotations that hold a Store. Nothing but the storage reads them; these
// tests are the somebody who damages them.
const (
	specAnnotation     = "platform.example.io/spec"
	statusAnnotation   = "platform.example.io/status"
	metadataAnnotation = "platform.example.io/metadata"
)

var (
	unprocessable = http.StatusUnprocessableEntity
	forbidden     = http.StatusForbidden
)

func stored(t testing.TB, store, annotation string) string {
	t.Helper()
	namespace, err := kube.CoreV1().Namespaces().Get(t.Context(), v1alpha1.NamespacePrefix+store, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return namespace.Annotations[annotation]
}

// overwrite writes an annotation of a store's namespace behind the API's back; nil
// removes it.
func overwrite(t testing.TB, store, annotation string, value *string) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]*string{annotation: value}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kube.CoreV1().Namespaces().Patch(t.Context(), v1alpha1.NamespacePrefix+store, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// drift deletes an object that every shop has.
func drift(t testing.TB, store string) {
	t.Helper()
	if err := kube.CoreV1().Services(v1alpha1.NamespacePrefix+store).Delete(t.Context(), "application", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

func untilService(t testing.TB, store string) {
	t.Helper()
	eventually(t, "the Service of "+store+" is there again", func(ctx context.Context) error {
		_, err := kube.CoreV1().Services(v1alpha1.NamespacePrefix+store).Get(ctx, "application", metav1.GetOptions{})
		return err
	})
}

// TestDamagedStore damages what one store is stored as, in each way that a
// person or a restore may. One Store shows it; nothing else notices.
func TestDamagedStore(t *testing.T) {
	t.Parallel()
	order(t, "damage-healthy")
	untilReady(t, "damage-healthy")
	for _, c := range []struct {
		name, annotation, reason string
		// value returns what the annotation becomes.
		value func(whole string) *string
	}{
		{name: "spec-cut", annotation: specAnnotation, value: func(s string) *string { s = s[:len(s)/2]; return &s }, reason: "no JSON"},
		{name: "spec-missing", annotation: specAnnotation, value: func(string) *string { return nil }, reason: "nothing to read"},
		{name: "spec-typed", annotation: specAnnotation, value: replaced(`"engine":"woocommerce"`, `"engine":["woocommerce"]`), reason: "JSON of another shape"},
		{name: "spec-newer", annotation: specAnnotation, value: replaced("platform.example.io/v1alpha1", "platform.example.io/v9"), reason: "a newer platform wrote it"},
		{name: "spec-swapped", annotation: specAnnotation, value: replaced(`"name":"damage-spec-swapped"`, `"name":"damage-healthy"`), reason: "another store's"},
		{name: "status-cut", annotation: statusAnnotation, value: func(s string) *string { s = s[:len(s)/2]; return &s }, reason: "no JSON"},
		{name: "status-older", annotation: statusAnnotation, value: replacedUID, reason: "an earlier store's of this name"},
		{name: "metadata-cut", annotation: metadataAnnotation, value: func(s string) *string { s = s[:len(s)/2]; return &s }, reason: "no JSON"},
		{name: "metadata-missing", annotation: metadataAnnotation, value: func(string) *string { return nil }, reason: "nothing to read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := "damage-" + c.name
			order(t, name)
			untilReady(t, name)
			whole := stored(t, name, c.annotation)
			ctx, stop := context.WithTimeout(t.Context(), patience)
			defer stop()
			watch, err := stores.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name, ResourceVersion: get(t, name).ResourceVersion})
			if err != nil {
				t.Fatal(err)
			}
			overwrite(t, name, c.annotation, c.value(whole))

			watched := false
			for event := range watch.ResultChan() {
				store, ok := event.Object.(*v1alpha1.Store)
				if !ok {
					t.Fatalf("the watch ends with %+v", event.Object)
				}
				if watched = isDamaged(store); watched {
					break
				}
			}
			watch.Stop()
			if !watched {
				t.Errorf("%s: the watch does not show it", c.reason)
			}
			list, err := stores.List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, store := range list.Items {
				seen[store.Name] = isDamaged(&store)
			}
			if healthy, listed := seen["damage-healthy"]; !seen[name] || healthy || !listed {
				t.Errorf("%s: the list has it as damaged=%v, and a healthy store as damaged=%v (listed: %v)", c.reason, seen[name], healthy, listed)
			}

			// Its objects are left alone, while those of another are put right.
			// What began before the damage may end after it, once.
			leftAlone := func() bool {
				drift(t, name)
				driftConfigMap(t, "damage-healthy")
				_, err := kube.CoreV1().Services("store-"+name).Get(t.Context(), "application", metav1.GetOptions{})
				return apierrors.IsNotFound(err)
			}
			if !leftAlone() {
				if again := leftAlone(); !again {
					t.Error("a damaged store is provisioned")
				}
			}

			checkDamaged(t, name, strings.Split(c.name, "-")[0])

			// One command repairs it.
			kubectl(t, "annotate", "namespace", "store-"+name, "--overwrite", c.annotation+"="+whole)
			store := untilReady(t, name)
			if isDamaged(store) || apimeta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionValid) != nil {
				t.Errorf("after the repair it is %+v", store.Status)
			}
			untilService(t, name)
		})
	}
}

func replaced(what, by string) func(string) *string {
	return func(text string) *string {
		text = strings.Replace(text, what, by, 1)
		return &text
	}
}

// replacedUID makes an annotation that of a store that no longer is.
func replacedUID(text string) *string {
	text = regexp.MustCompile(`"uid":"[^"]+"`).ReplaceAllString(text, `"uid":"00000000-0000-0000-0000-000000000000"`)
	return &text
}

// isDamaged tells whether a Store says of itself that it is.
func isDamaged(store *v1alpha1.Store) bool {
	valid := apimeta.FindStatusCondition(store.Status.Conditions, v1alpha1.ConditionValid)
	return store.Status.Phase == v1alpha1.StoreInvalid && valid != nil && valid.Status == metav1.ConditionFalse &&
		valid.Reason == v1alpha1.ReasonStorageInvalid && apimeta.IsStatusConditionFalse(store.Status.Conditions, v1alpha1.ConditionReady)
}

// driftConfigMap deletes an object of a healthy store and waits until the
// provisioner has made it again.
func driftConfigMap(t testing.TB, store string) {
	t.Helper()
	maps := kube.CoreV1().ConfigMaps(v1alpha1.NamespacePrefix + store)
	var name string
	var before types.UID
	eventually(t, "the ConfigMap of "+store+" can be deleted", func(ctx context.Context) error {
		found, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=application"})
		if err != nil {
			return err
		}
		if len(found.Items) == 0 {
			return errors.New("there is none")
		}
		name, before = found.Items[0].Name, found.Items[0].UID
		return maps.Delete(ctx, name, metav1.DeleteOptions{})
	})
	eventually(t, "the ConfigMap of "+store+" is there again", func(ctx context.Context) error {
		settings, err := maps.Get(ctx, name, metav1.GetOptions{})
		if err == nil && settings.UID == before {
			return fmt.Errorf("it has not gone")
		}
		return err
	})
}

// checkDamaged tries what may be done to a store of which one part is damaged.
func checkDamaged(t *testing.T, name, part string) {
	t.Helper()
	code := func(err error) int {
		if err == nil {
			return http.StatusOK
		}
		return int(statusOf(t, err).Code)
	}
	want := map[string]struct{ spec, label, finalizer, remove int }{
		"spec":     {spec: unprocessable, label: 200, finalizer: 200, remove: forbidden},
		"status":   {spec: 200, label: 200, finalizer: 200, remove: 200},
		"metadata": {spec: 200, label: unprocessable, finalizer: unprocessable, remove: forbidden},
	}[part]
	_, spec := tryMerge(t, name, `{"spec":{"displayName":"Damaged"}}`)
	_, label := tryMerge(t, name, `{"metadata":{"labels":{"team":"blue"}}}`)
	_, finalizer := tryMerge(t, name, `{"metadata":{"finalizers":["`+testFinalizer+`"]}}`)
	_, status := tryMerge(t, name, `{"status":{"url":"http://written.while.damaged"}}`, "status")
	remove := stores.Delete(t.Context(), name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
	for _, c := range []struct {
		what string
		err  error
		want int
	}{
		{"spec update", spec, want.spec},
		{"label", label, want.label},
		{"new finalizer", finalizer, want.finalizer},
		{"status write", status, 200},
		{"deletion", remove, want.remove},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("with a damaged %s, a %s answers %d, want %d: %v", part, c.what, got, c.want, c.err)
		}
	}
	if want.finalizer == 200 {
		merge(t, name, `{"metadata":{"finalizers":null}}`)
	}
	if !isDamaged(get(t, name)) {
		t.Errorf("these writes have hidden the damage: %+v", get(t, name).Status)
	}
}
