package chart

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
)

// TestProvisionerMayApplyEveryEngine holds the provisioner's roles to what the
// built-in engines render, in every plan and with both kinds of routes: it reads
// that over all namespaces, and writes it in those of stores.
func TestProvisionerMayApplyEveryEngine(t *testing.T) {
	catalogue, err := engine.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	gateway := config.Default()
	gateway.Routing = config.Routing{Kind: config.RoutingGateway, Gateway: config.GatewayRouting{Name: "public", Namespace: "gateways"}}
	objects := renderObjects(t, nil, nil)
	creator := clusterRole(t, objects, "store-creator")
	reads, writes := clusterRole(t, objects, "store-provisioner"), clusterRole(t, objects, "store-provisioner-in-store")
	for _, name := range catalogue.Names() {
		found, _ := catalogue.Lookup(name)
		revision := found.Latest()
		if login := revision.Definition.AdminSecret; !slices.ContainsFunc(creator.Rules, func(rule rbacv1.PolicyRule) bool {
			return slices.Contains(rule.Resources, "secrets") && slices.Contains(rule.ResourceNames, login)
		}) {
			t.Errorf("engine %s has the merchant's login in Secret %s, which who ordered the store may not read", name, login)
		}
		for _, plan := range revision.Definition.Plans {
			t.Run(name+"/"+plan.Name, func(t *testing.T) {
				for _, platform := range []*config.PlatformConfiguration{config.Default(), gateway} {
					mayApply(t, reads, writes, revision, engine.Input{Platform: platform, Store: &v1alpha1.Store{
						ObjectMeta: metav1.ObjectMeta{Name: "acme"},
						Spec: v1alpha1.StoreSpec{
							Engine: name, Version: revision.Definition.DefaultVersion, Plan: plan.Name,
						},
					}})
				}
			})
		}
	}
}

func mayApply(t *testing.T, reads, writes *rbacv1.ClusterRole, revision *engine.Revision, input engine.Input) {
	t.Helper()
	release, err := revision.Render(input)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[schema.GroupVersionKind]bool{}
	for _, object := range release.Objects {
		kinds[object.GroupVersionKind()] = true
	}
	if len(kinds) < 5 {
		t.Fatalf("rendered objects of %d kinds only: that is no shop", len(kinds))
	}
	for kind := range kinds {
		guessed, _ := meta.UnsafeGuessKindToResource(kind)
		resource := guessed.GroupResource()
		for _, verb := range []string{"list", "watch"} {
			if !grants(reads, resource, verb) {
				t.Errorf("engine %s renders %s; store-provisioner may not %s it", revision.Engine, resource, verb)
			}
		}
		for _, verb := range []string{"create", "patch", "delete"} {
			// Claims are the customers' data: they go with their namespace only.
			if verb == "delete" && resource.Resource == "persistentvolumeclaims" {
				continue
			}
			if !grants(writes, resource, verb) {
				t.Errorf("engine %s renders %s; store-provisioner-in-store may not %s it", revision.Engine, resource, verb)
			}
		}
	}
}

// TestEnginesOfOnesOwn wants a volume of engines in the restricted pods that read the
// configuration, where that says it is, whichever of the allowed sources it has.
func TestEnginesOfOnesOwn(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	type values = map[string]any
	for name, source := range map[string]values{
		"configMap":             {"name": "engines", "items": []any{values{"key": "definition", "path": "mine/r1/engine.yaml"}}},
		"csi":                   {"driver": "git.example.com", "readOnly": true},
		"image":                 {"reference": "registry.example.com/engines:1"},
		"persistentVolumeClaim": {"claimName": "engines", "readOnly": true},
		"projected":             {"sources": []any{values{"configMap": values{"name": "engines"}}}},
		"secret":                {"secretName": "engines", "items": []any{values{"key": "definition", "path": "mine/r1/engine.yaml"}}},
	} {
		t.Run(name, func(t *testing.T) {
			override := values{"engines": values{"volume": values{name: source}}}
			directory := platformOf(t, nil, override).EngineDirectory
			objects := renderObjects(t, nil, override)
			for _, deployment := range []string{"store-apiserver", "store-provisioner"} {
				template := findDeployment(t, objects, deployment).Spec.Template
				if !slices.ContainsFunc(template.Spec.Containers[0].VolumeMounts, func(mount corev1.VolumeMount) bool {
					return mount.Name == "engines" && mount.MountPath == directory && mount.ReadOnly
				}) {
					t.Errorf("%s has no engines in %s: %+v", deployment, directory, template.Spec.Containers[0].VolumeMounts)
				}
				result := policy.AggregateCheckResults(evaluator.EvaluatePod(
					psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: psaapi.LatestVersion()}, &template.ObjectMeta, &template.Spec))
				if !result.Allowed {
					t.Errorf("%s: %s: %s", deployment, result.ForbiddenReason(), result.ForbiddenDetail())
				}
			}
		})
	}
}
