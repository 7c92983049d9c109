package engine_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// everyPlan is a Store of each version and plan of each engine.
func everyPlan(t testing.TB) []engine.Input {
	t.Helper()
	catalogue := embedded(t)
	var inputs []engine.Input
	for _, name := range catalogue.Names() {
		known, _ := catalogue.Lookup(name)
		for _, version := range known.Latest().Versions() {
			for _, plan := range known.Latest().Plans() {
				inputs = append(inputs, engine.Input{Platform: config.Default(), Store: &v1alpha1.Store{
					ObjectMeta: metav1.ObjectMeta{Name: "acme"},
					Spec:       v1alpha1.StoreSpec{Engine: name, Version: version, Plan: plan},
				}})
			}
		}
	}
	return inputs
}

// TestRenderIsDeterministic renders at once what several workers render at once,
// and compares with what one renders alone. Run it with -race.
func TestRenderIsDeterministic(t *testing.T) {
	catalogue := embedded(t)
	for _, in := range everyPlan(t) {
		first, err := render(catalogue, in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		want := string(dump(t, first))
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				again, err := render(catalogue, in)
				if err != nil {
					t.Errorf("render: %v", err)
					return
				}
				if diff := cmp.Diff(want, string(dump(t, again))); diff != "" {
					t.Errorf("rendered twice (-first +second):\n%s", diff)
				}
			})
		}
		workers.Wait()
	}
}

// TestRenderLeavesItsInput: two Stores that share a revision and a configuration
// share no memory that one of them writes.
func TestRenderLeavesItsInput(t *testing.T) {
	in := readInput(t, "testdata/render/woocommerce-full")
	store, platform := in.Store.DeepCopy(), readInput(t, "testdata/render/woocommerce-full").Platform
	release, err := render(embedded(t), in)
	if err != nil {
		t.Fatalf("render: %v", err)
	}
	for _, object := range release.Objects {
		object.SetLabels(nil)
		object.SetAnnotations(map[string]string{"written": "by the caller"})
	}
	if diff := cmp.Diff(store, in.Store); diff != "" {
		t.Errorf("Render changed the Store:\n%s", diff)
	}
	if diff := cmp.Diff(platform, in.Platform); diff != "" {
		t.Errorf("Render changed the configuration:\n%s", diff)
	}
}

func TestJobNames(t *testing.T) {
	name := func(change func(*engine.Input)) string {
		in := readInput(t, "testdata/render/woocommerce-starter")
		change(&in)
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		for _, object := range release.Objects {
			if object.GetKind() == "Job" {
				return object.GetName()
			}
		}
		t.Fatal("there is no Job")
		return ""
	}
	first := name(func(*engine.Input) {})
	if !strings.HasPrefix(first, "bootstrap-") || len(first) != len("bootstrap-")+8 {
		t.Errorf("the Job is called %s, want bootstrap- and 8 digits", first)
	}
	tests := []struct {
		name, reason string
		change       func(*engine.Input)
		wantSame     bool
	}{
		{"same", "what is done must not be done again", func(*engine.Input) {}, true},
		{"suspended", "suspending is an edit of the Job", func(in *engine.Input) { in.Store.Spec.Suspend = true }, true},
		{"labelled", "labels are no settings", func(in *engine.Input) { in.Store.Labels = map[string]string{"a": "b"} }, true},
		{"protected", "protection is not the shop's matter", func(in *engine.Input) { in.Store.Spec.DeletionProtection = true }, true},
		{"upgraded", "the database must be migrated", func(in *engine.Input) { in.Store.Spec.Version = "10.8.0" }, false},
		{"renamed", "the shop's title is a setting", func(in *engine.Input) { in.Store.Spec.DisplayName = "New" }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := name(test.change); (got == first) != test.wantSame {
				t.Errorf("the Job is called %s, before %s; want the same: %t, because %s", got, first, test.wantSame, test.reason)
			}
		})
	}
}

func TestRenderErrors(t *testing.T) {
	revision := writeEngine(t, nil)
	store := probeStore()
	store.Spec.Engine = "medusa"
	var invalid *engine.InvalidStoreError
	if _, err := revision.Render(engine.Input{Store: store, Platform: config.Default()}); !errors.As(err, &invalid) || !hasField(invalid.Errors, "spec.engine") {
		t.Errorf("Render of another engine's Store: %v, want an InvalidStoreError of spec.engine", err)
	}
}

func TestVolumeSize(t *testing.T) {
	known, _ := embedded(t).Lookup("medusa")
	revision := known.Latest()
	spec := &v1alpha1.StoreSpec{Plan: "starter", Storage: []v1alpha1.VolumeStorage{{Name: "database", VolumeSize: new(resource.MustParse("7Gi"))}, {Name: "static"}}}
	for volume, want := range map[string]string{"database": "7Gi", "static": "5Gi"} {
		if got, found := revision.VolumeSize(spec, volume); !found || got.String() != want {
			t.Errorf("VolumeSize(%s) = %s, %t; want %s", volume, got.String(), found, want)
		}
	}
	if _, found := revision.VolumeSize(spec, "attic"); found {
		t.Error("VolumeSize finds a volume that the engine does not declare")
	}
	if _, found := revision.VolumeSize(&v1alpha1.StoreSpec{Plan: "huge"}, "static"); found {
		t.Error("VolumeSize finds a size in a plan that the engine does not have")
	}
}

func convert(t *testing.T, from map[string]any, to any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(from, to, true); err != nil {
		t.Fatalf("decode: %v", err)
	}
}

// TestObjectsDecodeStrictly: a field that the API server does not know would be
// refused, or dropped.
func TestObjectsDecodeStrictly(t *testing.T) {
	for _, in := range everyPlan(t) {
		release, err := render(embedded(t), in)
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		for _, object := range release.Objects {
			typed, err := scheme.New(object.GroupVersionKind())
			if err != nil {
				t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
			}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, typed, true); err != nil {
				t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	catalogue, in := embedded(b), readInput(b, "testdata/render/woocommerce-full")
	for b.Loop() {
		if _, err := render(catalogue, in); err != nil {
			b.Fatalf("render: %v", err)
		}
	}
}
