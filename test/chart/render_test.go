package chart

import (
	"bufio"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"platform.example.io/stores/pkg/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func newReader(text string) *bufio.Reader { return bufio.NewReader(strings.NewReader(text)) }

func TestGolden(t *testing.T) {
	for name, files := range valueSets {
		t.Run(name, func(t *testing.T) {
			templates, err := render(t, files, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, template := range templates {
				got.WriteString("### " + template.Name + "\n" + template.Text)
			}
			text := got.String()
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), text); diff != "" {
				t.Errorf("the chart renders something else; review it and run with -update (-want +got):\n%s", diff)
			}
		})
	}
}

// TestConfiguration gives each value set's configuration to the code that reads it at start.
func TestConfiguration(t *testing.T) {
	for name, files := range valueSets {
		t.Run(name, func(t *testing.T) {
			found := false
			for _, configMap := range find[*corev1.ConfigMap](renderObjects(t, files, nil)) {
				if configMap.Name != "store-platform" {
					continue
				}
				found = true
				if _, err := config.Parse([]byte(configMap.Data["config.yaml"])); err != nil {
					t.Error(err)
				}
			}
			if !found {
				t.Error("rendered no configuration")
			}
		})
	}
}

func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range valueSets {
		t.Run(name, func(t *testing.T) {
			objects := renderObjects(t, files, nil)
			deployments := []string{"store-apiserver", "store-dashboard"}
			if name != "local" {
				deployments = append(deployments, "store-provisioner")
			}
			for _, deployment := range deployments {
				template := findDeployment(t, objects, deployment).Spec.Template
				result := policy.AggregateCheckResults(evaluator.EvaluatePod(
					psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: psaapi.LatestVersion()}, &template.ObjectMeta, &template.Spec))
				if !result.Allowed {
					t.Errorf("%s violates restricted: %s: %s", deployment, result.ForbiddenReason(), result.ForbiddenDetail())
				}
				for _, container := range template.Spec.Containers {
					if readOnly := container.SecurityContext.ReadOnlyRootFilesystem; readOnly == nil || !*readOnly {
						t.Errorf("%s: container %s can write its image", deployment, container.Name)
					}
				}
			}
		})
	}
}

// TestSelfManaged wants a Secret that the API server may fill, and no upgrade to
// take away what it filled in.
func TestSelfManaged(t *testing.T) {
	objects := renderObjects(t, nil, nil)
	secret, service := servingSecret(t, objects), apiService(t, objects)
	if len(secret.Data)+len(secret.StringData) > 0 || len(service.Spec.CABundle) > 0 {
		t.Errorf("the chart fills in Secret %v or caBundle %q: each upgrade would put it back", secret.Data, service.Spec.CABundle)
	}
	if service.Spec.InsecureSkipTLSVerify {
		t.Error("kube-apiserver hands every caller's identity to whoever answers")
	}
	if args := findDeployment(t, objects, "store-apiserver").Spec.Template.Spec.Containers[0].Args; !slices.Contains(args, "--serving-certificate-secret=store-platform/"+secret.Name) ||
		!slices.Contains(args, "--serving-certificate-hosts=store-apiserver.store-platform.svc,store-apiserver.store-platform.svc.cluster.local") {
		t.Errorf("the API server has the arguments %v", args)
	}
	for _, role := range find[*rbacv1.Role](objects) {
		for _, rule := range role.Rules {
			if slices.Contains(rule.Resources, "secrets") && (!slices.Equal(rule.ResourceNames, []string{secret.Name}) || slices.Contains(rule.Verbs, "create")) {
				t.Errorf("%s: %v: who may make or read other Secrets here has the provisioner's token", role.Name, rule)
			}
		}
	}
}

func TestCertificateModes(t *testing.T) {
	existing := map[string]any{"servingCertificate": map[string]any{"mode": "Existing", "secretName": "mine", "caBundle": authority}}
	objects := renderObjects(t, nil, existing)
	if got := base64.StdEncoding.EncodeToString(apiService(t, objects).Spec.CABundle); got != authority {
		t.Errorf("mode Existing: caBundle is %q, want the given one", got)
	}
	if secrets := find[*corev1.Secret](objects); len(secrets) > 0 {
		t.Errorf("mode Existing renders Secret %s: it would overwrite what it was given", secrets[0].Name)
	}
	if got := tlsVolume(t, objects); got != "mine" {
		t.Errorf("mode Existing serves with Secret %q, want the given one", got)
	}

	objects = renderObjects(t, valueSets["prod"], nil)
	service := apiService(t, objects)
	if got := service.Annotations["cert-manager.io/inject-ca-from"]; got != "store-platform/store-apiserver" {
		t.Errorf("mode CertManager: the APIService takes its caBundle from %q", got)
	}
	if len(service.Spec.CABundle) > 0 {
		t.Error("mode CertManager renders a caBundle: each upgrade would take away the injected one")
	}
}

func apiService(t *testing.T, objects []runtime.Object) *apiregistrationv1.APIService {
	t.Helper()
	services := find[*apiregistrationv1.APIService](objects)
	if len(services) != 1 || services[0].Name != "v1alpha1.platform.example.io" {
		t.Fatalf("rendered APIServices %v, want v1alpha1.platform.example.io", services)
	}
	return services[0]
}

func servingSecret(t *testing.T, objects []runtime.Object) *corev1.Secret {
	t.Helper()
	secrets := find[*corev1.Secret](objects)
	if len(secrets) != 1 {
		t.Fatalf("rendered %d Secrets, want the serving certificate", len(secrets))
	}
	return secrets[0]
}

func tlsVolume(t *testing.T, objects []runtime.Object) string {
	t.Helper()
	for _, volume := range findDeployment(t, objects, "store-apiserver").Spec.Template.Spec.Volumes {
		if volume.Name == "tls" {
			return volume.Secret.SecretName
		}
	}
	t.Fatal("the API server mounts no certificate")
	return ""
}

func namespaceOf(t *testing.T, objects []runtime.Object) *corev1.Namespace {
	t.Helper()
	namespaces := find[*corev1.Namespace](objects)
	if len(namespaces) != 1 {
		t.Fatalf("rendered %d Namespaces", len(namespaces))
	}
	return namespaces[0]
}
