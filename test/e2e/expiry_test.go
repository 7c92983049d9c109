package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apiserver/pkg/storage/etcd3"

	"platform.example.io/stores/test/controlplane"
)

// compact makes a cluster forget what was before the version.
func compact(t *testing.T, on *controlplane.Cluster, version int64) {
	t.Helper()
	url, tls, err := on.Etcd()
	if err != nil {
		t.Fatal(err)
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{url}, TLS: tls})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// The first call learns the number of compactions so far, the second one compacts.
	expected := int64(0)
	for range 2 {
		current, _, compacted, err := etcd3.Compact(t.Context(), client, expected, version)
		if err != nil {
			t.Fatalf("compact to %d: %v", version, err)
		}
		if compacted >= version {
			return
		}
		expected = current
	}
	t.Fatalf("version %d was not compacted", version)
}

// TestWhatABuiltInForgets continues, and asks for, what the cluster has
// forgotten. Its kube-apiserver keeps neither resource in a cache of its own,
// which would remember for a while.
func TestWhatABuiltInForgets(t *testing.T) {
	t.Parallel()
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	options.Components, options.Nodes = []string{controlplane.Etcd, controlplane.KubeAPIServer}, controlplane.NoNodes
	options.PlatformArgs = []string{"--provisioner=off", "--provisioner-kubeconfig="}
	options.KubeAPIServerArgs = []string{"--watch-cache-sizes=namespaces#0,ingressclasses.networking.k8s.io#0"}
	o := newOracle(t, controlplane.Start(t, options))
	for _, name := range []string{"old-a", "old-b", "old-c", "old-d"} {
		o.both(t, request{method: http.MethodPost, body: object(name, `"labels":{"all":"yes"}`), want: http.StatusCreated})
	}
	tokens, versions := map[*subject]string{}, map[*subject]string{}
	for _, s := range []*subject{o.stores, o.builtIn} {
		first := s.ask(t, request{path: "?limit=2"})
		tokens[s], versions[s] = first.token, first.version
	}
	o.both(t, request{method: http.MethodPatch, path: "/old-a", content: mergePatch, body: `{"metadata":{"labels":{"changed":"yes"}}}`, want: http.StatusOK})
	o.both(t, request{method: http.MethodPost, body: object("new", `"labels":{"all":"yes"}`), want: http.StatusCreated})
	newest, err := strconv.ParseInt(o.stores.ask(t, request{path: "?limit=1"}).version, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	compact(t, o.cluster, newest)
	// What our cache remembers it still answers; a new one remembers nothing.
	if a := o.stores.ask(t, request{path: "?limit=2&continue=" + tokens[o.stores]}); a.Code != http.StatusOK || len(a.Names) != 2 {
		t.Errorf("from its own memory the server answers %d %v", a.Code, a.Names)
	}
	o.cluster.Kill(t, controlplane.Platform)
	o.cluster.WaitReady(t)
	expired := func(s *subject) answer { return s.ask(t, request{path: "?limit=2&continue=" + tokens[s]}) }
	eventually(t, "both have forgotten", func(context.Context) error {
		for _, s := range []*subject{o.builtIn, o.stores} {
			if a := expired(s); a.Code != http.StatusGone {
				return fmt.Errorf("%s still answers %d %s", s.collection, a.Code, a.Message)
			}
		}
		return nil
	})
	want, got := expired(o.builtIn), expired(o.stores)
	if got.Code != want.Code || got.Reason != want.Reason || got.Continues != want.Continues {
		t.Errorf("an expired token answers %d %s, continues: %v, and a built-in's %d %s, %v", got.Code, got.Reason, got.Continues, want.Code, want.Reason, want.Continues)
	}
	// The token in the refusal goes on at the newest version.
	rest := func(s *subject) answer {
		return s.ask(t, request{path: "?limit=10&continue=" + expired(s).token})
	}
	if diff := gocmp.Diff(rest(o.builtIn).Names, rest(o.stores).Names); diff != "" || len(rest(o.stores).Names) != 2 {
		t.Errorf("what remains (-a built-in +a Store):\n%s", diff)
	}
	for _, query := range []string{"?resourceVersionMatch=Exact&resourceVersion=", "?limit=2&resourceVersionMatch=Exact&resourceVersion=", "?limit=2&resourceVersion="} {
		want := o.builtIn.ask(t, request{path: query + versions[o.builtIn]})
		got := o.stores.ask(t, request{path: query + versions[o.stores]})
		if want.Code != http.StatusGone || got.Code != want.Code || got.Reason != want.Reason || got.Message != want.Message || got.Continues != want.Continues {
			t.Errorf("%s of a forgotten version answers %d %s %q, and a built-in %d %s %q", query, got.Code, got.Reason, got.Message, want.Code, want.Reason, want.Message)
		}
	}
	if a := o.stores.ask(t, request{path: "?resourceVersion=" + versions[o.stores]}); a.Code != http.StatusOK || len(a.Names) != 5 {
		t.Errorf("not older than a forgotten version is answered by %d %v", a.Code, a.Names)
	}
}
