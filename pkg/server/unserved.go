package server

import (
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/discovery"
	"k8s.io/klog/v2"
)

// disableUnserved turns off the plugin of MutatingAdmissionPolicies where the cluster
// has none: Kubernetes serves them in version v1 since 1.36. Upstream's plugin would wait
// for the first list of them for ever, the server would never be ready, and no namespace
// of the cluster could be deleted. Who enables the plugin by its flag keeps it.
func disableUnserved(options *genericoptions.AdmissionOptions, cluster discovery.ServerResourcesInterface) error {
	version := admissionregistrationv1.SchemeGroupVersion.String()
	resources, err := cluster.ServerResourcesForGroupVersion(version)
	if apierrors.IsNotFound(err) {
		resources, err = &metav1.APIResourceList{}, nil
	}
	if err != nil {
		return fmt.Errorf("ask kube-apiserver which policies of admission it serves: %w", err)
	}
	for _, resource := range resources.APIResources {
		if resource.Name == "mutatingadmissionpolicies" {
			return nil
		}
	}
	klog.Background().Info("The cluster serves no MutatingAdmissionPolicies; once it does, restart this server, so that they apply to stores", "apiVersion", version)
	options.DisablePlugins = append(options.DisablePlugins, mutating.PluginName)
	return nil
}
