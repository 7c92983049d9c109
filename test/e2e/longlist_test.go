package e2e

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// TestLongLists lists more than is sent uncompressed, of which the server
// remembers the encoded stores and the compressed blocks, and sees that each
// store is as it is now, whatever happened to it.
func TestLongLists(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 4000)
	names := []string{"long-a", "long-b", "long-c", "long-d", "long-e", "long-f", "long-g", "long-h"}
	labelled := func(store *v1alpha1.Store) {
		store.Labels = map[string]string{"e2e": "long"}
		store.Annotations = map[string]string{"e2e.example.io/long": long}
	}
	for _, name := range names {
		order(t, name, suspended, labelled)
	}
	for _, step := range []struct {
		name, reason string
		happens      func(t *testing.T)
	}{
		{name: "first", reason: "everything is encoded", happens: func(*testing.T) {}},
		{name: "again", reason: "nothing is", happens: func(*testing.T) {}},
		{name: "change", reason: "one is", happens: func(t *testing.T) { merge(t, "long-c", `{"spec":{"displayName":"Changed"}}`) }},
		{name: "dry run", reason: "what was not stored is not listed", happens: func(t *testing.T) {
			_, err := stores.Patch(t.Context(), "long-d", types.MergePatchType, []byte(`{"spec":{"displayName":"Dry"}}`),
				metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
			if err != nil {
				t.Error(err)
			}
		}},
		{name: "recreation", reason: "a store of the same name is another", happens: func(t *testing.T) {
			if err := stores.Delete(t.Context(), "long-e", metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
			untilGone(t, "long-e")
			order(t, "long-e", suspended, labelled)
		}},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.happens(t)
			for _, mediaType := range []string{inJSON, inProtobuf} {
				eventually(t, "nobody writes between a list and what it is compared with", func(context.Context) error {
					list := compressedList(t, mediaType, "?labelSelector=e2e%3Dlong")
					if len(list.Items) != len(names) {
						t.Errorf("%d stores are listed, want %d", len(list.Items), len(names))
					}
					for _, listed := range list.Items {
						store := get(t, listed.Name)
						if store.ResourceVersion != listed.ResourceVersion {
							return fmt.Errorf("%s is at version %s, listed at %s", store.Name, store.ResourceVersion, listed.ResourceVersion)
						}
						store.TypeMeta, listed.TypeMeta = metav1.TypeMeta{}, metav1.TypeMeta{}
						if diff := cmp.Diff(*store, listed); diff != "" {
							t.Errorf("%s, %s (-get +list):\n%s", mediaType, step.reason, diff)
						}
					}
					return nil
				})
			}
		})
	}
}

// compressedList makes a list request as a browser or client-go does.
func compressedList(t *testing.T, mediaType, query string) *v1alpha1.StoreList {
	t.Helper()
	client, err := rest.HTTPClientFor(cluster.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cluster.RESTConfig().Host+storesPath+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", mediaType)
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if encoding := response.Header.Get("Content-Encoding"); encoding != "gzip" {
		t.Fatalf("%d, Content-Encoding %q: the list is not compressed", response.StatusCode, encoding)
	}
	unzipped, err := gzip.NewReader(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	return decode[*v1alpha1.StoreList](t, body)
}
