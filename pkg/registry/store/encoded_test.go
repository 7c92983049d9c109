package store_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/registry/store/serializer"
)

// The items of lists are encoded once a version, whichever way they were listed,
// and never again as they were before a change.
func TestListedStoresAreEncodedOnce(t *testing.T) {
	whicheverWay(t, func(t *testing.T, r *registry) {
		items, ok := r.Storage.Storage.(serializer.Items)
		if !ok {
			t.Fatalf("%T remembers no encoded items", r.Storage.Storage)
		}
		name := r.mustCreate(t, newStore(uniqueName())).Name
		encoded := map[string]int{}
		look := func(options *internalversion.ListOptions) string {
			for _, item := range r.list(t, options).Items {
				if item.Name != name {
					continue
				}
				bytes, err := items.Encoded(&item, "test", func() ([]byte, error) {
					encoded[item.ResourceVersion]++
					return []byte(item.Spec.DisplayName), nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return string(bytes)
			}
			t.Fatalf("the list with %+v lacks store %s", options, name)
			return ""
		}
		for _, displayName := range []string{"", "Changed", "Changed again"} {
			updated, err := r.update(t, name, func(s *stores.Store) { s.Spec.DisplayName = displayName })
			if err != nil {
				t.Fatal(err)
			}
			version := updated.ResourceVersion
			for _, options := range []*internalversion.ListOptions{{}, {ResourceVersion: version}, {Limit: 10000}, {}} {
				if got := look(options); got != displayName {
					t.Errorf("list with %+v gave the bytes of %q, want those of %q", options, got, displayName)
				}
			}
			if encoded[version] != 1 {
				t.Errorf("encoded version %s %d times, want once", version, encoded[version])
			}
		}
	})
}
