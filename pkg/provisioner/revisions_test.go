package provisioner

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"platform.example.io/stores/charts"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
)

// edit replaces a text in a file of a revision.
type edit struct{ file, old, new string }

// annotated has the pods that have a shop's content carry an annotation: the
// application's and those of its Jobs.
func annotated(annotation string) edit {
	return edit{"templates/_pod.tpl", "  content: mounted\n", "  content: mounted\nannotations:\n  " + annotation + "\n"}
}

// revisions installs an engine of a name that is WooCommerce as it is built in,
// and later revisions of it with these edits.
func (b *bench) revisions(name string, later ...[]edit) *engine.Catalogue {
	b.t.Helper()
	directory := b.t.TempDir()
	for i, edits := range append([][]edit{nil}, later...) {
		to := filepath.Join(directory, name, fmt.Sprintf("r%d", i+1))
		if err := os.CopyFS(to, must(fs.Sub(charts.Files, "engines/woocommerce/r1"))); err != nil {
			b.t.Fatal(err)
		}
		for _, e := range append(edits, edit{"Chart.yaml", "name: woocommerce\n", "name: " + name + "\n"}) {
			path := filepath.Join(to, e.file)
			text := string(must(os.ReadFile(path)))
			changed := strings.Replace(text, e.old, e.new, 1)
			if changed == text {
				b.t.Fatalf("%s has no text %q", e.file, e.old)
			}
			if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	return must(engine.Load(charts.Files, directory))
}

// moves records how many of an engine's stores are being moved at once.
type moves struct {
	most int
	stop func()
}

// watchMoves records until stop is called, which waits for the last of what was seen.
func (b *bench) watchMoves(engine string) *moves {
	b.t.Helper()
	stores := b.stores.PlatformV1alpha1().Stores()
	seen, err := stores.List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	watched, err := stores.Watch(b.t.Context(), metav1.ListOptions{ResourceVersion: seen.ResourceVersion})
	if err != nil {
		b.t.Fatal(err)
	}
	m, done := &moves{}, make(chan struct{})
	go func() {
		defer close(done)
		moving := map[string]bool{}
		for event := range watched.ResultChan() {
			store, ok := event.Object.(*v1alpha1.Store)
			if !ok || store.Spec.Engine != engine {
				continue
			}
			delete(moving, store.Name)
			if event.Type != watch.Deleted && health.Moving(store) {
				moving[store.Name] = true
			}
			m.most = max(m.most, len(moving))
		}
	}()
	m.stop = func() { watched.Stop(); <-done }
	b.t.Cleanup(m.stop)
	return m
}
