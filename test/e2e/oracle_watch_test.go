package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// events reads a watch until the server ends it, or until the one that is last.
// Bookmarks are kept where they end the initial events: others come by the clock.
func (s *subject) events(t *testing.T, r request, during func(), last string) (got []string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	response := s.open(ctx, t, r)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		a := answer{Code: response.StatusCode}
		if err := a.read(body, s.ours); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return append([]string{fmt.Sprint(a.Code, " ", a.Reason, " ", a.Message, " ", a.RetryAfter)}, a.Causes...)
	}
	if during != nil {
		during()
	}
	for decoder := json.NewDecoder(response.Body); ; {
		var event struct {
			Type   string
			Object json.RawMessage
		}
		if err := decoder.Decode(&event); err == io.EOF {
			return got
		} else if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		said := s.event(t, event.Type, event.Object)
		if said == "" {
			continue
		}
		if got = append(got, said); last != "" && said == last {
			return got
		}
	}
}

// event says what an event is about, or nothing for one that comes by the clock.
func (s *subject) event(t *testing.T, kind string, object json.RawMessage) string {
	t.Helper()
	var a answer
	if err := a.read(object, s.ours); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	switch {
	case kind == "ERROR":
		return fmt.Sprint(kind, " ", a.Reason, " ", a.Message, " ", a.Causes)
	case len(a.Rows) > 0 || strings.HasSuffix(a.Kind, " Table"):
		if kind == "BOOKMARK" && !strings.Contains(string(object), metav1.InitialEventsAnnotationKey) {
			return ""
		}
		return fmt.Sprint(kind, " ", a.Kind, " ", a.Rows, " with columns: ", a.Columns)
	}
	var seen metav1.PartialObjectMetadata
	if err := json.Unmarshal(object, &seen); err != nil {
		t.Fatal(err)
	}
	if kind == "BOOKMARK" {
		if seen.Annotations[metav1.InitialEventsAnnotationKey] == "" {
			return ""
		}
		return fmt.Sprint(kind, " ", a.Kind, " ", seen.Annotations)
	}
	if seen.ResourceVersion == "" || seen.UID == "" {
		t.Errorf("%s of an object without version or uid: %s", kind, object)
	}
	return fmt.Sprint(kind, " ", a.Kind, " ", seen.Name)
}

// watch watches with every combination of what begins a watch, and in each form.
func (o *oracle) watch(t *testing.T) {
	// A watch says all that it has to say at once. Where it ends before it has, because the
	// machine is slow, it is given longer: that changes nothing of what it has to say.
	compareFor := func(t *testing.T, seconds int, r request) {
		t.Helper()
		diff := ""
		for longest := 16 * seconds; seconds <= longest; seconds *= 2 {
			timed := r
			timed.path += fmt.Sprint("&timeoutSeconds=", seconds)
			want, got := o.builtIn.events(t, timed, nil, ""), o.stores.events(t, timed, nil, "")
			// Initial events come in no order that is promised.
			slices.Sort(want)
			slices.Sort(got)
			if diff = cmp.Diff(want, got); diff == "" {
				return
			}
		}
		t.Errorf("%s (-a built-in +a Store):\n%s", r.path, diff)
	}
	compare := func(t *testing.T, r request) {
		t.Helper()
		compareFor(t, 1, r)
	}
	for _, initial := range []string{"", "true", "false"} {
		for _, match := range []string{"", "NotOlderThan", "Exact"} {
			for _, version := range []string{"", "0", "$NOW", "abc"} {
				if initial == "true" && match == "NotOlderThan" && version == "abc" {
					continue // a bad request, which a built-in calls an internal error
				}
				for _, bookmarks := range []string{"", "true"} {
					query := url.Values{"watch": {"true"}, "labelSelector": {"all"}}
					for key, value := range map[string]string{"sendInitialEvents": initial, "resourceVersionMatch": match, "allowWatchBookmarks": bookmarks} {
						if value != "" {
							query.Set(key, value)
						}
					}
					t.Run(fmt.Sprintf("initial %s match %s version %s bookmarks %s", initial, match, version, bookmarks), func(t *testing.T) {
						t.Parallel() // each takes the second that it may take
						compare(t, request{path: "?" + query.Encode() + "&resourceVersion=" + version})
					})
				}
			}
		}
	}
	t.Run("initial events of the future", func(t *testing.T) {
		t.Parallel()
		compareFor(t, 10, request{path: "?watch=true&labelSelector=all&sendInitialEvents=true&resourceVersionMatch=NotOlderThan" +
			"&allowWatchBookmarks=true&resourceVersion=$FUTURE"})
	})
	const table, metadata = "application/json;as=Table;g=meta.k8s.io;v=v1", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
	for _, r := range []request{
		{name: "limit", path: "&labelSelector=all&limit=1"},
		{name: "continue", path: "&labelSelector=all&continue=$TOKEN"},
		{name: "garbage to continue", path: "&labelSelector=all&continue=garbage"},
		{name: "one name", path: "&fieldSelector=metadata.name%3Doracle-b"},
		{name: "all but one name", path: "&labelSelector=all&fieldSelector=metadata.name%21%3Doracle-b"},
		{name: "bad label", path: "&labelSelector=a+b"},
		{name: "table", path: "&labelSelector=all", accept: table},
		{name: "table of metadata", path: "&labelSelector=all&includeObject=Metadata", accept: table},
		{name: "table of nothing", path: "&labelSelector=all&includeObject=None", accept: table},
		{name: "table of objects", path: "&labelSelector=all&includeObject=Object", accept: table},
		{name: "table v1beta1", path: "&labelSelector=all", accept: "application/json;as=Table;g=meta.k8s.io;v=v1beta1"},
		{name: "table of initial events", path: "&labelSelector=all&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", accept: table},
		{name: "metadata", path: "&labelSelector=all", accept: metadata},
		{name: "metadata of initial events", path: "&labelSelector=all&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", accept: metadata},
		{name: "metadata list", path: "&labelSelector=all", accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"},
		{name: "xml", accept: "application/xml"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.path = "?watch=true" + r.path
			compare(t, r)
		})
	}
	for _, path := range []string{"/stores", "/stores/oracle-b", "/stores/missing"} {
		t.Run("old way "+path, func(t *testing.T) {
			t.Parallel()
			compare(t, request{path: "//apis/platform.example.io/v1alpha1/watch" + path + "?labelSelector=all"})
		})
	}
	t.Run("from before all that is remembered", func(t *testing.T) {
		t.Parallel()
		// What each remembers is its own: a built-in's cache is as old as the cluster.
		const expired = "ERROR Expired too old resource version: 1 (N) []"
		got := o.stores.events(t, request{path: "?watch=true&resourceVersion=1"}, nil, expired)
		if diff := cmp.Diff([]string{expired}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("selection", func(t *testing.T) {
		t.Parallel()
		o.selection(t)
	})
}

// selection has objects enter, change within and leave what a watch selects.
func (o *oracle) selection(t *testing.T) {
	steps := func(s *subject, prefix string) func() {
		relabel := func(name, labels string) {
			a := s.ask(t, request{method: http.MethodPatch, path: "/" + name, content: "application/merge-patch+json", body: `{"metadata":{"labels":` + labels + `}}`})
			if a.Code != http.StatusOK {
				t.Errorf("relabel %s: %d %s", name, a.Code, a.Message)
			}
		}
		create := func(name, labels string) {
			if a := s.ask(t, request{method: http.MethodPost, body: object(name, `"labels":`+labels)}); a.Code != http.StatusCreated {
				t.Errorf("create %s: %d %s", name, a.Code, a.Message)
			}
		}
		return func() {
			create(prefix+"-in", `{"`+prefix+`":"yes"}`)
			create(prefix+"-out", `{"`+prefix+`":"no"}`)
			relabel(prefix+"-in", `{"colour":"red"}`)
			relabel(prefix+"-out", `{"colour":"red"}`)
			relabel(prefix+"-in", `{"`+prefix+`":"no"}`)
			relabel(prefix+"-out", `{"`+prefix+`":"yes"}`)
			relabel(prefix+"-in", `{"colour":"blue"}`)
			relabel(prefix+"-in", `{"`+prefix+`":"yes"}`)
			create(prefix+"-last", `{"`+prefix+`":"yes"}`)
		}
	}
	for _, c := range []struct{ name, prefix, query string }{
		{name: "by label", prefix: "enter-a", query: "labelSelector=enter-a%3Dyes"},
		{name: "by label and field", prefix: "enter-b", query: "labelSelector=enter-b%3Dyes&fieldSelector=metadata.name%21%3Denter-b-out"},
		{name: "by not", prefix: "enter-c", query: "labelSelector=enter-c%2Center-c%21%3Dno"},
		{name: "from now", prefix: "enter-d", query: "labelSelector=enter-d%3Dyes&resourceVersion=$NOW"},
		{name: "after initial events", prefix: "enter-e", query: "labelSelector=enter-e+in+(yes)&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			last := "ADDED platform.example.io/v1alpha1 Store " + c.prefix + "-last"
			r := request{path: "?watch=true&" + c.query}
			want := o.builtIn.events(t, r, steps(o.builtIn, c.prefix), last)
			got := o.stores.events(t, r, steps(o.stores, c.prefix), last)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-a built-in +a Store):\n%s", diff)
			}
			if len(want) < 5 {
				t.Errorf("only %v is seen: this test sees nothing enter and leave", want)
			}
		})
	}
}
