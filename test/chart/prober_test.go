package chart

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"platform.example.io/stores/pkg/config"
)

// platformOf is the configuration that the chart renders.
func platformOf(t *testing.T, files []string, override map[string]any) *config.PlatformConfiguration {
	t.Helper()
	for _, configMap := range find[*corev1.ConfigMap](renderObjects(t, files, override)) {
		if text, found := configMap.Data["config.yaml"]; found {
			platform, err := config.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			return platform
		}
	}
	t.Fatal("the chart renders no configuration")
	return nil
}

// TestProberIsTheProvisioner wants the pods that shops admit to be those that ask
// them, and no others.
func TestProberIsTheProvisioner(t *testing.T) {
	for name, files := range valueSets {
		t.Run(name, func(t *testing.T) {
			prober := platformOf(t, files, nil).Network.Prober
			selector, err := metav1.LabelSelectorAsSelector(prober.PodSelector)
			if err != nil {
				t.Fatal(err)
			}
			objects := renderObjects(t, files, nil)
			provisioner, other := "store-provisioner", "store-apiserver"
			if name == "local" {
				provisioner, other = other, ""
			}
			asks := findDeployment(t, objects, provisioner)
			if prober.Namespace != asks.Namespace || !selector.Matches(labels.Set(asks.Spec.Template.Labels)) {
				t.Errorf("shops admit %s of namespace %q, which are not the pods of %s", selector, prober.Namespace, provisioner)
			}
			if other != "" && selector.Matches(labels.Set(findDeployment(t, objects, other).Spec.Template.Labels)) {
				t.Errorf("shops admit the pods of %s, which ask nothing", other)
			}
		})
	}
}

// TestProvisionerReachesShops wants the provisioner's own policy to let it ask, and
// not to where nobody asks.
func TestProvisionerReachesShops(t *testing.T) {
	for probe, want := range map[string]bool{"Enabled": true, "Disabled": false} {
		objects := renderObjects(t, nil, map[string]any{"config": map[string]any{"storefrontProbe": probe}})
		reaches := false
		for _, policy := range find[*networkingv1.NetworkPolicy](objects) {
			if policy.Name != "store-provisioner" {
				continue
			}
			for _, rule := range policy.Spec.Egress {
				for _, peer := range rule.To {
					reaches = reaches || peer.NamespaceSelector.MatchLabels["app.kubernetes.io/managed-by"] == "store-platform" &&
						peer.PodSelector.MatchLabels["app.kubernetes.io/component"] == "application"
				}
			}
		}
		if reaches != want {
			t.Errorf("storefrontProbe %s: the provisioner reaches shops: %t, want %t", probe, reaches, want)
		}
	}
}

// TestProberOfOnesOwn wants what the values say to replace the chart's, and not to be
// mixed with it.
func TestProberOfOnesOwn(t *testing.T) {
	own := map[string]any{"namespace": "egress", "podSelector": map[string]any{"matchLabels": map[string]any{"app": "gateway"}}}
	got := platformOf(t, nil, map[string]any{"config": map[string]any{"network": map[string]any{"prober": own, "egressPorts": []any{443}}}}).Network
	want := config.Prober{Namespace: "egress", PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "gateway"}}}
	if diff := cmp.Diff(want, got.Prober); diff != "" || len(got.EgressPorts) != 1 {
		t.Errorf("network.prober (-want +got), beside ports %v:\n%s", got.EgressPorts, diff)
	}
}
