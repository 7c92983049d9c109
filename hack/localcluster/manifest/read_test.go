package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/hack/localcluster/manifest"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name   string
		data   string
		want   []string
		fails  bool
		reason string
	}{
		{name: "documents", data: "# first\n---\n{apiVersion: v1, kind: A, metadata: {name: a}}\n---\n# nothing\n---\n{apiVersion: v1, kind: B, metadata: {name: b}}\n", want: []string{"A/a", "B/b"}, reason: "comments are no objects"},
		{name: "list", data: "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: A, metadata: {name: b}}\n", want: []string{"A/a", "A/b"}, reason: "a List cannot be applied as such"},
		{name: "json", data: `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}`, want: []string{"A/a"}, reason: "kubectl accepts it too"},
		{name: "no kind", data: "a: b\n", fails: true, reason: "there is nothing to apply"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			objects, err := manifest.Decode([]byte(test.data))
			if (err != nil) != test.fails {
				t.Fatalf("got error %v, want one: %t (%s)", err, test.fails, test.reason)
			}
			var got []string
			for _, object := range objects {
				got = append(got, object.GetKind()+"/"+object.GetName())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}
