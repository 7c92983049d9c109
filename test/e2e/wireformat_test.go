package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	applyv1alpha1 "platform.example.io/stores/pkg/generated/applyconfiguration/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
)

// everyField sets whatever a user can set.
func everyField(store *v1alpha1.Store) {
	store.Labels = map[string]string{"e2e": "wire", store.Name: ""}
	store.Annotations = map[string]string{"note": "größer als ☃"}
	store.Spec.Version, store.Spec.Plan = "10.9.4", "business"
	store.Spec.DisplayName = "Zoë's ☃ Laden"
	store.Spec.Hosts = []string{"www." + store.Name + ".example.org", store.Name + ".example.org"}
	store.Spec.Storage = []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: ptr.To(resource.MustParse("40Gi")), StorageClassName: ptr.To("standard")}}
	store.Spec.Parameters = &v1alpha1.JSONObject{Raw: []byte(`{"currency":"EUR"}`)}
	store.Spec.Suspend = true
}

// TestGeneratedClientSpeaksProtobuf records what goes over the wire while the
// generated client does everything it can.
func TestGeneratedClientSpeaksProtobuf(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answers := map[string]string{} // by what was asked
	config := rest.CopyConfig(cluster.RESTConfig())
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(request)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				asked := request.Method + " " + request.Header.Get("Content-Type")
				if request.URL.Query().Get("watch") == "true" || request.URL.Query().Get("watch") == "1" {
					asked = "WATCH"
				}
				answers[strings.TrimSpace(asked)] = response.Header.Get("Content-Type")
			}
			return response, err
		})
	})
	client := versioned.NewForConfigOrDie(config).PlatformV1alpha1().Stores()

	store := newStore(t, "wire-client")
	everyField(store)
	created, err := client.Create(t.Context(), store, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(store.Spec, created.Spec); diff != "" {
		t.Errorf("spec as created (-want +got):\n%s", diff)
	}
	watch, err := client.Watch(t.Context(), metav1.ListOptions{LabelSelector: "wire-client"})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	first := <-watch.ResultChan()
	if seen, ok := first.Object.(*v1alpha1.Store); !ok || cmp.Diff(created.Spec, seen.Spec) != "" {
		t.Errorf("the watch begins with %s %v", first.Type, first.Object)
	}
	untilSettled(t, "wire-client")
	if patched, err := client.Patch(t.Context(), "wire-client", types.MergePatchType, []byte(`{"spec":{"displayName":"Patched"}}`), metav1.PatchOptions{}); err != nil || patched.Spec.DisplayName != "Patched" {
		t.Errorf("patch: %v, %v", err, patched)
	}
	apply := applyv1alpha1.Store("wire-client").WithLabels(map[string]string{"applied": "yes"})
	if applied, err := client.Apply(t.Context(), apply, metav1.ApplyOptions{FieldManager: "e2e"}); err != nil || applied.Labels["applied"] != "yes" {
		t.Errorf("apply: %v, %v", err, applied)
	}
	eventually(t, "an update and a status update meet no other writer", func(ctx context.Context) error {
		current, err := client.Get(ctx, "wire-client", metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Spec.DisplayName = "Updated"
		if current, err = client.Update(ctx, current, metav1.UpdateOptions{}); err != nil {
			return err
		}
		_, err = client.UpdateStatus(ctx, current, metav1.UpdateOptions{})
		return err
	})
	list, err := client.List(t.Context(), metav1.ListOptions{LabelSelector: "wire-client"})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || list.Items[0].Spec.DisplayName != "Updated" {
		t.Errorf("list: %v", list)
	}
	if err := client.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "wire-client"}); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := map[string]string{
		"POST " + inProtobuf:                    inProtobuf,
		"PUT " + inProtobuf:                     inProtobuf,
		"DELETE " + inProtobuf:                  inProtobuf,
		"GET":                                   inProtobuf,
		"WATCH":                                 inProtobuf + ";stream=watch",
		"PATCH " + string(types.MergePatchType): inProtobuf,
		"PATCH " + string(types.ApplyYAMLPatchType): inProtobuf,
	}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Errorf("media types of answers by request (-want +got):\n%s", diff)
	}
}

// TestReadFormats asks for one store in every way.
func TestReadFormats(t *testing.T) {
	t.Parallel()
	order(t, "wire-read", everyField)
	want := untilSettled(t, "wire-read")
	for _, c := range []struct {
		name, accept, reason string
		status               int
		contentType          string
	}{
		{"json", inJSON, "the format of every client", http.StatusOK, inJSON},
		{"yaml", inYAML, "for people", http.StatusOK, inYAML},
		{"protobuf", inProtobuf, "for programs", http.StatusOK, inProtobuf},
		{"anything", "*/*", "JSON is the default", http.StatusOK, inJSON},
		{"any application", "application/*", "upstream takes no half wildcard", http.StatusNotAcceptable, inJSON},
		{"nothing", "", "JSON is the default", http.StatusOK, inJSON},
		{"in order", inProtobuf + "," + inJSON, "equals are taken in order", http.StatusOK, inProtobuf},
		{"by quality", inJSON + ";q=0.1," + inProtobuf + ";q=0.9", "the better quality wins", http.StatusOK, inProtobuf},
		{"by quality, the other way", inProtobuf + ";q=0.1," + inYAML + ";q=0.9", "the better quality wins", http.StatusOK, inYAML},
		{"unknown with a fallback", "text/html," + inProtobuf + ";q=0.5", "what is unknown is passed over", http.StatusOK, inProtobuf},
		{"unknown", "text/html", "there is nothing to answer with", http.StatusNotAcceptable, inJSON},
		{"cbor", inCBOR, "its gate is alpha, and off", http.StatusNotAcceptable, inJSON},
		{"cbor with a fallback", inCBOR + "," + inProtobuf, "its gate is alpha, and off", http.StatusOK, inProtobuf},
		{"table in protobuf", inProtobuf + ";as=Table;v=v1;g=meta.k8s.io", "a table's cells have no protobuf form", http.StatusNotAcceptable, inJSON},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, contentType, _ := exchange{method: http.MethodGet, path: "/api/v1/namespaces/store-wire-read", accept: c.accept}.do(t, cluster.RESTConfig())
			if status != c.status || contentType != c.contentType {
				t.Errorf("a built-in resource answers %d in %s, not %d in %s", status, contentType, c.status, c.contentType)
			}
			status, contentType, body := exchange{method: http.MethodGet, path: storesPath + "/wire-read", accept: c.accept}.do(t, cluster.RESTConfig())
			if status != c.status || contentType != c.contentType {
				t.Fatalf("status %d in %s, want %d in %s (%s): %q", status, contentType, c.status, c.contentType, c.reason, body)
			}
			if status != http.StatusOK {
				if got := decode[*metav1.Status](t, body); int(got.Code) != c.status {
					t.Errorf("status object: %v", got)
				}
				return
			}
			if diff := cmp.Diff(want, decode[*v1alpha1.Store](t, body)); diff != "" {
				t.Errorf("store (-want +got):\n%s", diff)
			}
		})
	}
}
