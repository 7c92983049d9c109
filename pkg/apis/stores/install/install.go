// Package install registers every version of the stores API in a scheme, with
// the order in which versions are preferred.
package install

import (
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"platform.example.io/stores/pkg/apis/stores"
	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// Install registers the API group in the scheme.
func Install(scheme *runtime.Scheme) {
	utilruntime.Must(stores.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(scheme.SetVersionPriority(v1alpha1.SchemeGroupVersion))
}
