package engine

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// podTemplate decodes the pod template of an object that has one. Unknown fields
// are errors: a misspelt securityContext is not one.
func podTemplate(object *unstructured.Unstructured) (*corev1.PodTemplateSpec, error) {
	path := podTemplatePath(object.GetKind())
	if path == nil {
		return nil, nil
	}
	raw, found, err := unstructured.NestedMap(object.Object, path...)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("it has no pod template")
	}
	template := &corev1.PodTemplateSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(raw, template, true); err != nil {
		return nil, err
	}
	return template, nil
}

func brokenTemplate(object *unstructured.Unstructured, _ facts) string {
	if _, err := podTemplate(object); err != nil {
		return err.Error()
	}
	if object.GetKind() == "StatefulSet" {
		if _, has, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "volumeClaimTemplates"); has {
			return "it has volumeClaimTemplates, which cannot grow; use the claim of a declared volume"
		}
	}
	return ""
}

// onPods asks a rule of the pods of an object that has some.
func onPods(broken func(pod *corev1.PodSpec, known facts) string) func(*unstructured.Unstructured, facts) string {
	return func(object *unstructured.Unstructured, known facts) string {
		template, err := podTemplate(object)
		if err != nil {
			return err.Error()
		}
		if template == nil {
			return ""
		}
		return broken(&template.Spec, known)
	}
}

func brokenHost(pod *corev1.PodSpec, _ facts) string {
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		return "its pods use the host's network, process or IPC namespace"
	}
	if pod.NodeName != "" {
		return "its pods choose their node, past the scheduler"
	}
	if len(pod.ResourceClaims) > 0 {
		return "its pods claim devices of their node"
	}
	for _, volume := range pod.Volumes {
		if volume.HostPath != nil {
			return fmt.Sprintf("volume %s is a path of the host", volume.Name)
		}
	}
	for _, container := range containers(pod) {
		if security := container.SecurityContext; security != nil && security.Privileged != nil && *security.Privileged {
			return fmt.Sprintf("container %s is privileged", container.Name)
		}
		if len(container.VolumeDevices) > 0 {
			return fmt.Sprintf("container %s takes a volume as a device", container.Name)
		}
		for _, port := range container.Ports {
			if port.HostPort != 0 {
				return fmt.Sprintf("container %s takes a port of the host", container.Name)
			}
		}
	}
	return ""
}

func brokenAccount(pod *corev1.PodSpec, _ facts) string {
	if pod.ServiceAccountName != serviceAccount {
		return fmt.Sprintf("its pods run as service account %q; the store's is %q", pod.ServiceAccountName, serviceAccount)
	}
	if pod.DeprecatedServiceAccount != "" && pod.DeprecatedServiceAccount != serviceAccount {
		return fmt.Sprintf("its pods run as service account %q", pod.DeprecatedServiceAccount)
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		return "its pods do not set automountServiceAccountToken to false"
	}
	for _, volume := range pod.Volumes {
		for _, source := range projections(volume) {
			if source.ServiceAccountToken != nil || source.ClusterTrustBundle != nil || source.PodCertificate != nil {
				return fmt.Sprintf("volume %s is a token or certificate of the cluster's", volume.Name)
			}
		}
	}
	return ""
}

func brokenSecret(pod *corev1.PodSpec, known facts) string {
	for _, name := range secretsRead(pod) {
		if !slices.Contains(known.secrets, name) {
			return fmt.Sprintf("its pods read Secret %q, which the engine does not declare", name)
		}
	}
	for _, pull := range pod.ImagePullSecrets {
		if !slices.Contains(known.pulls, pull.Name) {
			return fmt.Sprintf("its images are pulled with Secret %q, which the configuration does not name", pull.Name)
		}
	}
	return ""
}

// SecretsRead are the names of the Secrets that the pods of a rendered object
// read, sorted. An object without pods reads none.
func SecretsRead(object *unstructured.Unstructured) ([]string, error) {
	template, err := podTemplate(object)
	if err != nil || template == nil {
		return nil, err
	}
	return slices.Compact(slices.Sorted(slices.Values(secretsRead(&template.Spec)))), nil
}

func secretsRead(pod *corev1.PodSpec) []string {
	var read []string
	for _, container := range containers(pod) {
		for _, env := range container.Env {
			if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil {
				read = append(read, env.ValueFrom.SecretKeyRef.Name)
			}
		}
		for _, from := range container.EnvFrom {
			if from.SecretRef != nil {
				read = append(read, from.SecretRef.Name)
			}
		}
	}
	for _, volume := range pod.Volumes {
		if volume.Secret != nil {
			read = append(read, volume.Secret.SecretName)
		}
		for _, source := range projections(volume) {
			if source.Secret != nil {
				read = append(read, source.Secret.Name)
			}
		}
	}
	return read
}

// brokenVolume allows few sources: the others reach storage that the platform
// neither sizes nor deletes with its store.
func brokenVolume(pod *corev1.PodSpec, known facts) string {
	for _, volume := range pod.Volumes {
		source := volume.VolumeSource
		switch {
		case source.PersistentVolumeClaim != nil:
			if claim := source.PersistentVolumeClaim.ClaimName; !slices.Contains(known.volumes, claim) {
				return fmt.Sprintf("volume %s is claim %q, which the engine does not declare", volume.Name, claim)
			}
		case source.EmptyDir != nil, source.ConfigMap != nil, source.Secret != nil, source.Projected != nil, source.DownwardAPI != nil:
		default:
			return fmt.Sprintf("volume %s is of a source that no engine may use", volume.Name)
		}
	}
	return ""
}

func brokenResources(pod *corev1.PodSpec, _ facts) string {
	for _, container := range containers(pod) {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			request, requested := container.Resources.Requests[name]
			limit, limited := container.Resources.Limits[name]
			if !requested || !limited {
				return fmt.Sprintf("container %s has no request or no limit of %s", container.Name, name)
			}
			if request.Cmp(limit) > 0 {
				return fmt.Sprintf("container %s requests more %s than its limit", container.Name, name)
			}
		}
	}
	return ""
}

// podSecurityChecks are those of the release of Kubernetes this is built with.
var podSecurityChecks, podSecurityErr = policy.NewEvaluator(policy.DefaultChecks(), nil)

// brokenPodSecurity asks what the API server will ask, before it is asked.
func brokenPodSecurity(object *unstructured.Unstructured, known facts) string {
	if podSecurityErr != nil {
		return podSecurityErr.Error()
	}
	template, err := podTemplate(object)
	if err != nil {
		return err.Error()
	}
	if template == nil {
		return ""
	}
	at := podsecurity.LevelVersion{Level: known.level, Version: podsecurity.LatestVersion()}
	metadata := &metav1.ObjectMeta{Labels: template.Labels, Annotations: template.Annotations}
	result := policy.AggregateCheckResults(podSecurityChecks.EvaluatePod(at, metadata, &template.Spec))
	if result.Allowed {
		return ""
	}
	return fmt.Sprintf("level %s forbids it: %s", known.level, strings.TrimSpace(result.ForbiddenDetail()))
}

// containers are all the containers of a pod. Ephemeral ones cannot be in a template.
func containers(pod *corev1.PodSpec) []corev1.Container {
	return append(slices.Clone(pod.InitContainers), pod.Containers...)
}

func projections(volume corev1.Volume) []corev1.VolumeProjection {
	if volume.Projected == nil {
		return nil
	}
	return volume.Projected.Sources
}
