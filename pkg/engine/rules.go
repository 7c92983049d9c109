package engine

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	podsecurity "k8s.io/pod-security-admission/api"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// facts are what the rules may know beside the object.
type facts struct {
	namespace string
	level     podsecurity.Level
	secrets   []string // that pods may read
	pulls     []string // that images may be pulled with
	volumes   []string // that pods may mount
}

// rule is one thing that every rendered object must satisfy.
type rule struct {
	name   string
	reason string
	// broken says what is wrong, or nothing.
	broken func(object *unstructured.Unstructured, known facts) string
}

// rules are asked in this order; the first that is broken fails the rendering.
var rules = []rule{
	{"kind", "an undeclared kind may be one nobody reviewed, a cluster-scoped one above all", brokenKind},
	{"namespace", "a shop that reaches into another namespace ends the isolation of both", brokenNamespace},
	{"name", "an object without a valid name cannot be applied, listed or pruned", brokenName},
	{"owner", "an owner or a finalizer of the chart's would decide when a shop's objects go", brokenOwner},
	{"component", "conditions are told by component, and selectors select by it", brokenComponent},
	{"service", "a service that leaves the cluster network is a way in that no policy guards", brokenService},
	{"pod template", "a pod template that does not decode was not checked", brokenTemplate},
	{"host", "a pod on the host's network, processes, files or devices sees every other shop", onPods(brokenHost)},
	{"service account", "another account may have rights, and a token could use them", onPods(brokenAccount)},
	{"secret reference", "a pod reads only the secrets its engine declares", onPods(brokenSecret)},
	{"volume", "a shop's data is in the claims its engine declares, which are never pruned", onPods(brokenVolume)},
	{"resources", "a container without requests and limits is refused by the quota, or starves its node", onPods(brokenResources)},
	{"job lifetime", "a finished Job that is cleaned up would be made and run again", brokenLifetime},
	{"pod security", "the API server asks the same, when it is too late to tell the engine's author", brokenPodSecurity},
}

// check asks the rules of every object.
func check(objects []*unstructured.Unstructured, known facts) error {
	for _, object := range objects {
		for _, rule := range rules {
			if detail := rule.broken(object, known); detail != "" {
				return &ViolationError{Rule: rule.name, Object: describe(object), Detail: detail, Reason: rule.reason}
			}
		}
	}
	return checkUnique(objects)
}

// checkKinds is asked of what an engine rendered, before the foundation is added.
func checkKinds(objects []*unstructured.Unstructured, declared []Kind) error {
	for _, object := range objects {
		kind := Kind{APIVersion: object.GetAPIVersion(), Kind: object.GetKind()}
		if !slices.Contains(declared, kind) {
			return &ViolationError{Rule: "declared kind", Object: describe(object),
				Detail: fmt.Sprintf("kind %s of %s is not among the kinds of %s", kind.Kind, kind.APIVersion, definitionFile),
				Reason: "what an engine renders is what its author declared, and an operator read"}
		}
	}
	return nil
}

func checkUnique(objects []*unstructured.Unstructured) error {
	seen := map[string]bool{}
	for _, object := range objects {
		// Two versions of one kind are one object.
		key := object.GroupVersionKind().GroupKind().String() + "/" + object.GetName()
		if seen[key] {
			return &ViolationError{Rule: "unique", Object: describe(object), Detail: "it is rendered twice",
				Reason: "one of the two would win, and nobody could say which"}
		}
		seen[key] = true
	}
	return nil
}

func brokenKind(object *unstructured.Unstructured, _ facts) string {
	kind := Kind{APIVersion: object.GetAPIVersion(), Kind: object.GetKind()}
	if slices.Contains(engineKinds, kind) || slices.Contains(foundationKinds, kind) {
		return ""
	}
	return fmt.Sprintf("kind %s of %s is not one the platform applies", kind.Kind, kind.APIVersion)
}

func brokenNamespace(object *unstructured.Unstructured, known facts) string {
	if object.GetNamespace() != known.namespace {
		return fmt.Sprintf("it is in namespace %q", object.GetNamespace())
	}
	return ""
}

func brokenName(object *unstructured.Unstructured, _ facts) string {
	if object.GetGenerateName() != "" {
		return "it has a generateName"
	}
	return strings.Join(utilvalidation.IsDNS1123Label(object.GetName()), "; ")
}

func brokenOwner(object *unstructured.Unstructured, _ facts) string {
	if len(object.GetOwnerReferences())+len(object.GetFinalizers()) > 0 {
		return "it has owner references or finalizers"
	}
	return ""
}

func brokenComponent(object *unstructured.Unstructured, _ facts) string {
	component := object.GetLabels()[LabelComponent]
	if component == "" {
		return "it has no label " + LabelComponent
	}
	path := podTemplatePath(object.GetKind())
	if path == nil {
		return ""
	}
	labels, _, _ := unstructured.NestedStringMap(object.Object, append(slices.Clone(path), "metadata", "labels")...)
	if labels[LabelComponent] != component {
		return fmt.Sprintf("its pods have component %q, itself %q", labels[LabelComponent], component)
	}
	return ""
}

func brokenService(object *unstructured.Unstructured, _ facts) string {
	if object.GetKind() != "Service" {
		return ""
	}
	var service corev1.Service
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &service); err != nil {
		return err.Error()
	}
	if service.Spec.Type != "" && service.Spec.Type != corev1.ServiceTypeClusterIP {
		return fmt.Sprintf("it is of type %s", service.Spec.Type)
	}
	if len(service.Spec.ExternalIPs) > 0 || service.Spec.ExternalName != "" {
		return "it has external addresses"
	}
	return ""
}

func brokenLifetime(object *unstructured.Unstructured, _ facts) string {
	if object.GetKind() != "Job" {
		return ""
	}
	if _, set, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "ttlSecondsAfterFinished"); set {
		return "it sets ttlSecondsAfterFinished"
	}
	return ""
}

// facts gathers what the rules may know.
func (r *Revision) facts(values chartValues, pullSecrets []string) facts {
	known := facts{
		namespace: v1alpha1.NamespacePrefix + values.Store.Name,
		level:     podsecurity.Level(r.Definition.PodSecurity),
		pulls:     pullSecrets,
		volumes:   r.Volumes(),
	}
	for _, secret := range r.Definition.Secrets {
		known.secrets = append(known.secrets, secret.Name)
	}
	return known
}
