package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// schemas waits until kube-apiserver, which asks aggregated servers now and
// then, publishes the OpenAPI v3 of the platform.
func schemas(t testing.TB) (published map[string]*spec.Schema) {
	t.Helper()
	eventually(t, "kube-apiserver publishes the platform's OpenAPI", func(context.Context) error {
		paths, err := kube.Discovery().OpenAPIV3().Paths()
		if err != nil {
			return err
		}
		group, ok := paths["apis/platform.example.io/v1alpha1"]
		if !ok {
			return errors.New("it does not know the group")
		}
		data, err := group.Schema("application/json")
		if err != nil {
			return err
		}
		var document spec3.OpenAPI
		if err := json.Unmarshal(data, &document); err != nil {
			return err
		}
		if document.Components == nil || len(document.Components.Schemas) == 0 {
			return errors.New("it has no schemas")
		}
		published = document.Components.Schemas
		return nil
	})
	return published
}

func TestKubectlExplain(t *testing.T) {
	t.Parallel()
	schemas(t)
	out := kubectl(t, "explain", "store.spec")
	for _, want := range []string{"KIND:       Store\n", "engine\t<string> -required-", "hosts\t<[]string>", "storage\t<[]VolumeStorage>", "parameters\t<"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, path := range []string{"store", "store.status.conditions", "store.spec.storage.size", "engine.spec.plans"} {
		if out := kubectl(t, "explain", path); strings.Contains(out, "<no description>") || strings.Contains(out, "<empty>") {
			t.Errorf("explain %s says\n%s", path, out)
		}
	}
}

// TestEveryFieldIsDocumented demands of every field of ours that explain has
// something to say of it.
func TestEveryFieldIsDocumented(t *testing.T) {
	t.Parallel()
	fields := 0
	for name, schema := range schemas(t) {
		if !strings.HasPrefix(name, "io.example.platform.") {
			continue // the machinery's
		}
		if schema.Description == "" {
			t.Errorf("%s has no description", name)
		}
		for property := range schema.Properties {
			fields++
			if schema.Properties[property].Description == "" {
				t.Errorf("%s.%s has no description", name, property)
			}
		}
	}
	// Store, its spec and status alone have more.
	if fields < 40 {
		t.Errorf("found %d fields of the platform: this test looks in the wrong place", fields)
	}
	eventually(t, "kube-apiserver publishes the platform's OpenAPI v2", func(ctx context.Context) error {
		data, err := kube.Discovery().RESTClient().Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").Do(ctx).Raw()
		if err != nil {
			return err
		}
		var document struct {
			Definitions map[string]json.RawMessage `json:"definitions"`
		}
		if err := json.Unmarshal(data, &document); err != nil {
			return err
		}
		if _, ok := document.Definitions["io.example.platform.v1alpha1.StoreSpec"]; !ok {
			return errors.New("it does not define StoreSpec")
		}
		return nil
	})
}

func TestKubectlAPIResources(t *testing.T) {
	t.Parallel()
	table := kubectl(t, "api-resources", "--api-group=platform.example.io", "--output=wide")
	for title, want := range map[string][]string{
		"NAME":       {"engines", "stores"},
		"SHORTNAMES": {"", "sto"},
		"APIVERSION": {"platform.example.io/v1alpha1", "platform.example.io/v1alpha1"},
		"NAMESPACED": {"false", "false"},
		"KIND":       {"Engine", "Store"},
		"VERBS":      {"get,list", "create,delete,deletecollection,get,list,patch,update,watch"},
		"CATEGORIES": {"platform", "platform"},
	} {
		if diff := cmp.Diff(want, column(t, table, title)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", title, diff)
		}
	}
	newStore(t, "category")
	feed(t, manifest("category"), "create", "--filename=-")
	names := strings.Fields(kubectl(t, "get", "platform", "--output=name"))
	for _, want := range []string{"engine.platform.example.io/medusa", "store.platform.example.io/category"} {
		if !slices.Contains(names, want) {
			t.Errorf("kubectl get platform shows %v, without %s", names, want)
		}
	}
}

// TestEngines reads the catalogue, from which a client can build a form.
func TestEngines(t *testing.T) {
	t.Parallel()
	out := kubectl(t, "get", "engine", "woocommerce", "--output=json")
	var engine struct {
		Spec struct {
			DefaultPlan      string                `json:"defaultPlan"`
			Plans            []metav1.ObjectMeta   `json:"plans"`
			ParametersSchema struct{ Type string } `json:"parametersSchema"`
		} `json:"spec"`
	}
	if err := json.Unmarshal([]byte(out), &engine); err != nil {
		t.Fatal(err)
	}
	if engine.Spec.DefaultPlan != "starter" || len(engine.Spec.Plans) != 3 || engine.Spec.ParametersSchema.Type != "object" {
		t.Errorf("the engine is\n%s", out)
	}
	if _, stderr, code := exits(t, "", "delete", "engine", "woocommerce"); code != 1 || !strings.Contains(stderr, "(MethodNotAllowed)") {
		t.Errorf("deleting an engine exits with %d: %s", code, stderr)
	}
}
