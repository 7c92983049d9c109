package e2e

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// list lists with every combination of version, match and limit, and by every
// operator of a selector.
func (o *oracle) list(t *testing.T) {
	t.Run("version", func(t *testing.T) {
		for _, version := range []string{"", "0", "1", "$NOW", "-1", "abc"} {
			for _, match := range []string{"", "Exact", "NotOlderThan", "Sometimes"} {
				for _, limit := range []string{"", "0", "3"} {
					name := strings.Join([]string{"version " + version, "match " + match, "limit " + limit}, " ")
					query := url.Values{}
					for key, value := range map[string]string{"resourceVersionMatch": match, "limit": limit} {
						if value != "" {
							query.Set(key, value)
						}
					}
					t.Run(name, func(t *testing.T) {
						o.both(t, request{path: "?resourceVersion=" + version + "&" + query.Encode()})
					})
				}
			}
		}
	})
	t.Run("selector", func(t *testing.T) {
		for _, c := range []struct {
			label string
			want  []string
			code  int
		}{
			{label: "name=oracle-a", want: []string{"oracle-a"}},
			{label: "name==oracle-a", want: []string{"oracle-a"}},
			{label: "all,name!=oracle-a", want: []string{"oracle-b", "oracle-c", "oracle-d"}},
			{label: "missing!=there", want: []string{"oracle-a", "oracle-b", "oracle-c", "oracle-d"}},
			{label: "name in (oracle-b,oracle-d,oracle-z)", want: []string{"oracle-b", "oracle-d"}},
			{label: "all,name notin (oracle-b,oracle-d)", want: []string{"oracle-a", "oracle-c"}},
			{label: "half", want: []string{"oracle-a", "oracle-b", "oracle-c", "oracle-d"}},
			{label: "!half"},
			{label: "all=yes,half=second,name!=oracle-d", want: []string{"oracle-c"}},
			{label: "name>1"},
			{label: "name<1"},
			{label: "name>x", code: http.StatusBadRequest},
			{label: "name in oracle-a", code: http.StatusBadRequest},
			{label: "name=a=b", code: http.StatusBadRequest},
			{label: "no label=x", code: http.StatusBadRequest},
			{label: ",", code: http.StatusBadRequest},
		} {
			for _, more := range []string{"", "&resourceVersion=0", "&limit=1000", "&resourceVersion=$NOW&resourceVersionMatch=Exact"} {
				t.Run(c.label+more, func(t *testing.T) {
					got := o.both(t, request{path: "?labelSelector=" + url.QueryEscape(c.label) + more, want: cmp.Or(c.code, http.StatusOK)})
					if diff := gocmp.Diff(c.want, got.Names); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		}
	})
	t.Run("the future", func(t *testing.T) {
		for _, limit := range []string{"", "&limit=3"} {
			o.both(t, request{path: "?resourceVersionMatch=Exact&resourceVersion=$FUTURE" + limit, want: http.StatusGatewayTimeout})
		}
		for _, match := range []string{"", "&resourceVersionMatch=NotOlderThan"} {
			o.both(t, request{path: "?resourceVersion=$FUTURE" + match, want: http.StatusGatewayTimeout})
		}
	})
	o.each(t, request{}, []request{
		{name: "name", path: "?fieldSelector=metadata.name%3Doracle-b", want: http.StatusOK},
		{name: "not name", path: "?fieldSelector=metadata.name%21%3Doracle-b", want: http.StatusOK},
		{name: "no such name", path: "?fieldSelector=metadata.name%3Dnone", want: http.StatusOK},
		{name: "two names", path: "?fieldSelector=metadata.name%3Doracle-a,metadata.name%3Doracle-b", want: http.StatusOK},
		{name: "name and label", path: "?fieldSelector=metadata.name%3Doracle-b&labelSelector=half%3Dsecond", want: http.StatusOK},
		{name: "unknown field", path: "?fieldSelector=spec.colour%3Dred", want: http.StatusBadRequest, own: true},
		{name: "unknown field by not", path: "?fieldSelector=spec.colour%21%3Dred", want: http.StatusBadRequest, own: true},
		{name: "no field selector", path: "?fieldSelector=metadata.name", want: http.StatusBadRequest},
		{name: "field in set", path: "?fieldSelector=metadata.name+in+(a,b)", want: http.StatusBadRequest},
		{name: "initial events", path: "?sendInitialEvents=true", want: http.StatusUnprocessableEntity},
		{name: "limit no number", path: "?limit=some", want: http.StatusBadRequest},
		{name: "limit negative", path: "?limit=-1"},
		{name: "timeout no number", path: "?timeoutSeconds=some", want: http.StatusBadRequest},
		{name: "unknown parameter", path: "?colour=red", want: http.StatusOK},
		{name: "bookmarks of a list", path: "?allowWatchBookmarks=true", want: http.StatusOK},
		{name: "pretty", path: "?pretty=true", want: http.StatusOK},
	})
}

// get reads one object at every version.
func (o *oracle) get(t *testing.T) {
	for _, name := range []string{"oracle-a", "missing", "NO_NAME", "with.dot", strings.Repeat("x", 64), strings.Repeat("x", 254), "a%2Fb"} {
		versions := []string{"", "0", "$NOW"}
		if name == "oracle-a" {
			versions = append(versions, "1")
		}
		for _, version := range versions {
			t.Run(name+" at version "+version, func(t *testing.T) {
				o.both(t, request{path: "/" + name + "?resourceVersion=" + version})
			})
		}
	}
	// A built-in calls this an internal error.
	for _, version := range []string{"-1", "abc"} {
		if a := o.stores.ask(t, request{path: "/oracle-a?resourceVersion=" + version}); a.Code != http.StatusBadRequest || a.Reason != metav1.StatusReasonBadRequest {
			t.Errorf("version %s is answered by %d %s", version, a.Code, a.Message)
		}
	}
	o.each(t, request{}, []request{
		{name: "subresource that is not there", path: "/oracle-a/scale", want: http.StatusNotFound},
		{name: "deeper", path: "/oracle-a/b/c", want: http.StatusNotFound},
		{name: "in a namespace", path: "//apis/platform.example.io/v1alpha1/namespaces/default/stores/oracle-a", want: http.StatusNotFound},
		{name: "as if to watch", path: "/oracle-a?watch=true&timeoutSeconds=1", want: http.StatusOK},
	})
}

// pages continues lists, and what was never a list.
func (o *oracle) pages(t *testing.T) {
	token := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	o.each(t, request{}, []request{
		{name: "first", path: "?limit=2", want: http.StatusOK},
		{name: "all that there is", path: "?limit=4", want: http.StatusOK},
		{name: "next", path: "?limit=1&continue=$TOKEN", want: http.StatusOK},
		{name: "rest", path: "?continue=$TOKEN", want: http.StatusOK},
		{name: "rest by selector", path: "?continue=$TOKEN&labelSelector=half%3Dsecond", want: http.StatusOK},
		{name: "selector and limit", path: "?limit=1&labelSelector=half%3Dsecond", want: http.StatusOK},
		{name: "field selector and limit", path: "?limit=1&fieldSelector=metadata.name%3Doracle-c", want: http.StatusOK},
		{name: "selector of nothing and limit", path: "?limit=1&labelSelector=half%3Dthird", want: http.StatusOK},
		{name: "from the cache", path: "?limit=2&resourceVersion=0", want: http.StatusOK},
		{name: "with a version", path: "?continue=$TOKEN&resourceVersion=$NOW", want: http.StatusBadRequest},
		{name: "with version 0", path: "?continue=$TOKEN&resourceVersion=0"},
		{name: "with a match", path: "?continue=$TOKEN&resourceVersionMatch=Exact", want: http.StatusUnprocessableEntity},
		{name: "with a version and a match", path: "?continue=$TOKEN&resourceVersion=$NOW&resourceVersionMatch=Exact", want: http.StatusUnprocessableEntity},
		{name: "garbage", path: "?continue=garbage", want: http.StatusBadRequest},
		{name: "no base64", path: "?continue=%25%25", want: http.StatusBadRequest},
		{name: "no JSON", path: "?continue=" + token("hello"), want: http.StatusBadRequest},
		{name: "other form", path: "?continue=" + token(`{"v":"meta.k8s.io/v9","rv":1,"start":"a"}`), want: http.StatusBadRequest},
		{name: "no start", path: "?continue=" + token(`{"v":"meta.k8s.io/v1","rv":1}`), want: http.StatusBadRequest},
		{name: "out of the collection", path: "?continue=" + token(`{"v":"meta.k8s.io/v1","rv":1,"start":"../../secrets/a"}`), want: http.StatusBadRequest},
		{name: "without a version", path: "?continue=" + token(`{"v":"meta.k8s.io/v1","start":"oracle-b\u0000"}`), want: http.StatusBadRequest},
		{name: "at the newest version", path: "?continue=" + token(`{"v":"meta.k8s.io/v1","rv":-1,"start":"oracle-b\u0000"}`), want: http.StatusOK},
		{name: "of a version to come", path: "?continue=" + token(`{"v":"meta.k8s.io/v1","rv":99999999,"start":"oracle-b\u0000"}`)},
	})
}
