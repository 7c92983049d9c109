package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/engine"
)

// foundationObjects are the objects that the platform's own chart renders for
// every store, and nobody else may. The engines' volumes come beside them.
var foundationObjects = []string{
	"ServiceAccount/store", "LimitRange/store", "ResourceQuota/store", "Service/application", "Ingress/store", "HTTPRoute/store",
	"NetworkPolicy/default-deny", "NetworkPolicy/within-store", "NetworkPolicy/dns", "NetworkPolicy/from-ingress", "NetworkPolicy/from-prober", "NetworkPolicy/to-internet",
}

// checkInside looks at a release with its own eyes, key by key and untyped, rather
// than with the package's rules: nothing in it reaches out of the store.
func checkInside(t testing.TB, revision *engine.Revision, release *engine.Release, in engine.Input) {
	t.Helper()
	for _, object := range release.Objects {
		for _, problem := range append(outside(object, revision, in.Store.Name), reaching(object, revision)...) {
			t.Errorf("%s %s of engine %s: %s", object.GetKind(), object.GetName(), revision.Engine, problem)
		}
	}
	if t.Failed() {
		t.Fatalf("parameters %q, name %q", in.Store.Spec.Parameters.Raw, in.Store.Spec.DisplayName)
	}
}

// outside tells what of an object itself is not the store's.
func outside(object *unstructured.Unstructured, revision *engine.Revision, store string) []string {
	var problems []string
	if object.GetNamespace() != v1alpha1.NamespacePrefix+store {
		problems = append(problems, "is in namespace "+object.GetNamespace())
	}
	if object.GetLabels()[v1alpha1.LabelStore] != store || object.GetLabels()[v1alpha1.LabelManagedBy] != v1alpha1.ManagedBy {
		problems = append(problems, fmt.Sprintf("is labelled %v", object.GetLabels()))
	}
	if len(object.GetOwnerReferences())+len(object.GetFinalizers()) > 0 || object.GetGenerateName() != "" {
		problems = append(problems, "has an owner, a finalizer or no name")
	}
	declared := slices.Contains(revision.Definition.Kinds, engine.Kind{APIVersion: object.GetAPIVersion(), Kind: object.GetKind()})
	founded := slices.Contains(foundationObjects, object.GetKind()+"/"+object.GetName()) ||
		object.GetKind() == "PersistentVolumeClaim" && slices.Contains(revision.Volumes(), object.GetName())
	if !declared && !founded {
		problems = append(problems, "is of a kind that the engine does not declare")
	}
	switch object.GetKind() {
	case "ServiceAccount":
		if automount, set, _ := unstructured.NestedBool(object.Object, "automountServiceAccountToken"); !set || automount {
			problems = append(problems, "hands out its token")
		}
	case "Service":
		for _, key := range []string{"externalName", "externalIPs", "loadBalancerIP"} {
			if _, set, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", key); set {
				problems = append(problems, "leaves the cluster by "+key)
			}
		}
		if kind, _, _ := unstructured.NestedString(object.Object, "spec", "type"); kind != "" && kind != "ClusterIP" {
			problems = append(problems, "is of type "+kind)
		}
	}
	return problems
}

// podKinds are the kinds that make pods.
var podKinds = []string{"Deployment", "StatefulSet", "Job", "CronJob", "DaemonSet", "ReplicaSet", "Pod", "PodTemplate"}

// sources are the sources of volumes that stay inside.
var sources = []string{"name", "persistentVolumeClaim", "emptyDir", "configMap", "secret", "projected", "downwardAPI"}

// reaching tells what in an object's pods reaches out of them.
func reaching(object *unstructured.Unstructured, revision *engine.Revision) []string {
	if !slices.Contains(podKinds, object.GetKind()) {
		return nil
	}
	var problems []string
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	var secrets []string
	for _, secret := range revision.Definition.Secrets {
		secrets = append(secrets, secret.Name)
	}
	spec, _, _ := unstructured.NestedMap(object.Object, "spec")
	pods := 0
	each(spec, "", func(path string, key string, value any) {
		switch key {
		case "hostNetwork", "hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation", "shareProcessNamespace":
			if value != false {
				complain("%s is %v", path, value)
			}
		case "hostPath", "hostPort", "nodeName", "serviceAccountToken", "clusterTrustBundle", "podCertificate", "volumeClaimTemplates",
			"ephemeralContainers", "resourceClaims", "volumeDevices", "procMount":
			complain("%s is set", path)
		case "add":
			if added := fmt.Sprint(value); strings.HasSuffix(path, "capabilities.add") && added != "[]" && added != "[NET_BIND_SERVICE]" {
				complain("capabilities %s are added", added)
			}
		case "serviceAccountName", "serviceAccount":
			if value != "store" {
				complain("%s is %v", path, value)
			}
		case "automountServiceAccountToken":
			pods++
			if value != false {
				complain("%s is %v", path, value)
			}
		case "secretRef", "secretKeyRef":
			if reference, _ := value.(map[string]any); !slices.Contains(secrets, fmt.Sprint(reference["name"])) {
				complain("%s is of %v", path, value)
			}
		case "secretName":
			if !slices.Contains(secrets, fmt.Sprint(value)) {
				complain("%s is %v", path, value)
			}
		case "claimName":
			if !slices.Contains(revision.Volumes(), fmt.Sprint(value)) {
				complain("%s is %v", path, value)
			}
		case "imagePullSecrets":
			if list, _ := value.([]any); len(list) > 0 {
				complain("%s is %v", path, value)
			}
		case "volumes":
			list, _ := value.([]any)
			for _, volume := range list {
				source, _ := volume.(map[string]any)
				for name := range source {
					if !slices.Contains(sources, name) {
						complain("%s has the source %s", path, name)
					}
				}
			}
		}
	})
	if pods != 1 {
		complain("%d of its pod templates say that no token is mounted, want one", pods)
	}
	return problems
}

// each visits every key of nested objects, those below lists too, in order.
// Labels, annotations and selectors hold keys of anybody's choice.
func each(value any, path string, visit func(path, key string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if key == "labels" || key == "annotations" || key == "matchLabels" || key == "nodeSelector" {
				continue
			}
			visit(path+"."+key, key, value[key])
			each(value[key], path+"."+key, visit)
		}
	case []any:
		for _, item := range value {
			each(item, path, visit)
		}
	}
}
