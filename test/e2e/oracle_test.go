package e2e

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/test/controlplane"
)

// subject is a resource that the oracle's requests are made of. Requests and
// answers are written in the words of a Store; a subject translates.
type subject struct {
	client     *http.Client
	host       string
	collection string
	// theirs and ours translate a request to the subject and an answer from it.
	theirs, ours *strings.Replacer
}

// oracle is a cluster of its own, on which nothing else writes stores, and the
// two subjects on it: stores, and a built-in resource of the same scope.
type oracle struct {
	cluster *controlplane.Cluster
	stores  *subject
	builtIn *subject
}

// vocabulary is what one says in the other's words; the longer word comes first.
var vocabulary = [][2]string{
	{"Key: /platform.example.io/", "Key: /registry/"},
	{"stores.platform.example.io", "ingressclasses.networking.k8s.io"},
	{"platform.example.io/v1alpha1", "networking.k8s.io/v1"},
	{"platform.example.io", "networking.k8s.io"},
	{"v1alpha1.Store", "v1.IngressClass"},
	{"StoreList", "IngressClassList"},
	{"Store", "IngressClass"},
	{"stores", "ingressclasses"},
	{`"engine":"medusa"`, `"controller":"example.com/medusa"`},
	{`"engine":[`, `"controller":[`},
	{`version "v1alpha1" cannot be handled as a Store`, `version "v1" cannot be handled as a IngressClass`},
	{"*stores.", "*networking."},
	{"spec.engine", "spec.controller"},
}

func newOracle(t *testing.T, on *controlplane.Cluster) *oracle {
	t.Helper()
	client, err := rest.HTTPClientFor(on.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	var there, back []string
	for _, pair := range vocabulary {
		there = append(there, pair[0], pair[1])
		back = append(back, pair[1], pair[0])
	}
	none := strings.NewReplacer()
	host := on.RESTConfig().Host
	return &oracle{
		cluster: on,
		stores:  &subject{client, host, "/apis/platform.example.io/v1alpha1/stores", none, none},
		builtIn: &subject{client, host, "/apis/networking.k8s.io/v1/ingressclasses", strings.NewReplacer(there...), strings.NewReplacer(back...)},
	}
}

// TestWhatABuiltInAnswers makes the same requests of stores and of a built-in
// resource of the real kube-apiserver, and demands the same answers. What
// differs on purpose has a test of its own elsewhere.
func TestWhatABuiltInAnswers(t *testing.T) {
	t.Parallel()
	o := newOracle(t, bare(t, controlplane.Etcd, controlplane.KubeAPIServer, controlplane.ControllerManager))
	for _, name := range []string{"oracle-a", "oracle-b", "oracle-c", "oracle-d"} {
		labels := `{"all":"yes","name":"` + name + `","half":"` + map[bool]string{true: "first", false: "second"}[name < "oracle-c"] + `"}`
		o.both(t, request{method: http.MethodPost, body: object(name, `"labels":`+labels), want: http.StatusCreated})
	}
	t.Run("list", o.list)
	t.Run("get", o.get)
	t.Run("form", o.form)
	t.Run("method", o.method)
	t.Run("page", o.pages)
	t.Run("watch", o.watch)
	t.Run("create", o.create)
	t.Run("update", o.update)
	t.Run("patch", o.patch)
	t.Run("apply", o.apply)
	t.Run("delete", o.delete)
}

// object is a Store in JSON, with more metadata.
func object(name string, metadata ...string) string {
	return `{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{` +
		strings.Join(append([]string{`"name":"` + name + `"`}, metadata...), ",") + `},"spec":{"engine":"medusa"}}`
}

// request is one request, in the words of a Store.
type request struct {
	name, reason string
	method       string // GET, if empty
	path         string // below the collection, with a query
	accept       string
	content      string // the body's type; JSON, if empty
	body         string
	want         int  // the code, where a test is about nothing without it
	own          bool // the message is the resource's own
}

// both makes a request of both subjects and compares the answers.
func (o *oracle) both(t *testing.T, r request) (store answer) {
	t.Helper()
	want, got := o.builtIn.ask(t, r), o.stores.ask(t, r)
	if r.want != 0 && want.Code != r.want {
		t.Errorf("the built-in answers %d %s, not %d: this request tests nothing", want.Code, want.Message, r.want)
	}
	hidden := gocmp.FilterPath(func(p gocmp.Path) bool {
		return slices.Contains([]string{"version", "token", "body"}, strings.TrimPrefix(p.Last().String(), "."))
	}, gocmp.Ignore())
	if r.own {
		if got.Message == "" {
			t.Errorf("%s %s is answered without a message", r.method, r.path)
		}
		want.Message = got.Message
	}
	if diff := gocmp.Diff(want, got, hidden, gocmp.AllowUnexported(answer{})); diff != "" {
		t.Errorf("%s %s (-a built-in answers +a Store answers):\n%s%s", r.method, r.path, diff, r.reason)
	}
	return got
}

// each is both, of every request in turn; as says what they have in common.
func (o *oracle) each(t *testing.T, as request, requests []request) {
	t.Helper()
	for _, r := range requests {
		r.method, r.content, r.accept = cmp.Or(r.method, as.method), cmp.Or(r.content, as.content), cmp.Or(r.accept, as.accept)
		t.Run(r.name, func(t *testing.T) { o.both(t, r) })
	}
}

// versions are what $NOW and the like in a request stand for: each subject's own.
func (s *subject) versions(t *testing.T, text string) string {
	t.Helper()
	if !strings.Contains(text, "$") {
		return text
	}
	first := s.ask(t, request{path: "?limit=1"})
	now, err := strconv.Atoi(first.version)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("$NOW", first.version, "$FUTURE", fmt.Sprint(now+1_000_000), "$TOKEN", url.QueryEscape(first.token)).Replace(text)
}
