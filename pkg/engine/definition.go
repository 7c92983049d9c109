package engine

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Definition is what engine.yaml says of one revision of an engine.
type Definition struct {
	// DisplayName is the engine's name for people.
	DisplayName string `json:"displayName"`
	// Description says in a sentence what the engine is.
	Description string `json:"description,omitempty"`
	// Versions can be ordered, newest first.
	Versions []Version `json:"versions"`
	// DefaultVersion is for a Store that names none.
	DefaultVersion string `json:"defaultVersion"`
	// Plans are the sizes a shop can have, smallest first.
	Plans []Plan `json:"plans"`
	// DefaultPlan is for a Store that names none.
	DefaultPlan string `json:"defaultPlan"`
	// Volumes are the data volumes of a shop.
	Volumes []Volume `json:"volumes,omitempty"`
	// Secrets are what a shop needs, in the order in which to make them.
	Secrets []SecretDefinition `json:"secrets,omitempty"`
	// AdminSecret names the one of Secrets that is the merchant's login; it has
	// the keys `username` and `password`.
	AdminSecret string `json:"adminSecret"`
	// AdminRotation tells that the bootstrap gives the shop's admin the password that
	// is in AdminSecret when `adminCredentialsRotation` has changed.
	AdminRotation bool `json:"adminRotation,omitempty"`
	// AdminPath is where below the shop's URL the merchant administers it.
	AdminPath string `json:"adminPath"`
	// Port is where the pods of component `application` answer HTTP.
	Port int32 `json:"port"`
	// Storefront is how the shop is asked whether it sells.
	Storefront Storefront `json:"storefront"`
	// PodSecurity is the Pod Security level of the store's namespace, `restricted`
	// (the default) or `baseline`.
	PodSecurity string `json:"podSecurity,omitempty"`
	// Kinds are all the kinds of objects the chart may render.
	Kinds []Kind `json:"kinds"`
}

// Storefront is a request that a shop answers while it sells. It goes where
// customers' requests go, the Service ServiceName.
type Storefront struct {
	// Path to ask for, with its query. It should be one that fails with whatever
	// the shop needs, its database above all, and that no merchant can move.
	Path string `json:"path"`
	// Headers to ask with, by name. They are no secrets.
	Headers map[string]string `json:"headers,omitempty"`
	// Statuses of a good answer.
	Statuses []int `json:"statuses"`
}

// Version is one version of the engine that can be ordered.
type Version struct {
	// Name is the value of a Store's spec.version.
	Name string `json:"name"`
	// Images are the container images by the name the templates use.
	Images map[string]Image `json:"images"`
}

// Image is a container image without the registry that an installation chooses.
type Image struct {
	// Registry publishes the image. Empty for an image the platform builds itself.
	Registry string `json:"registry,omitempty"`
	// Repository is the path in the registry.
	Repository string `json:"repository"`
	// Tag of the image; never `latest`.
	Tag string `json:"tag"`
}

// Plan is one size of a shop.
type Plan struct {
	// Name is the value of a Store's spec.plan.
	Name string `json:"name"`
	// Description says for whom the plan is.
	Description string `json:"description,omitempty"`
	// Components sizes the pods by component.
	Components map[string]Component `json:"components"`
	// Volumes are the default sizes of the volumes.
	Volumes map[string]resource.Quantity `json:"volumes,omitempty"`
	// Quota bounds the store's namespace. Storage is not named here: it follows
	// from the volumes.
	Quota corev1.ResourceList `json:"quota,omitempty"`
	// Values are further settings that the templates read.
	Values map[string]any `json:"values,omitempty"`
}

// Component is the size of one component's pods.
type Component struct {
	// Replicas is how many pods run. Defaults to 1.
	Replicas *int32 `json:"replicas,omitempty"`
	// Resources of the component's container: requests and limits.
	Resources corev1.ResourceRequirements `json:"resources"`
}

// Volume is a data volume of a shop. Its claim has its name.
type Volume struct {
	// Name of the volume and of its claim.
	Name string `json:"name"`
	// Description says what the volume holds.
	Description string `json:"description,omitempty"`
	// Component whose volume it is. Defaults to `application`.
	Component string `json:"component,omitempty"`
	// Shared is for a volume that several pods write: ReadWriteMany where the
	// platform has a class for it.
	Shared bool `json:"shared,omitempty"`
}

// SecretDefinition is a Secret that a shop needs.
type SecretDefinition struct {
	// Name of the Secret in the store's namespace.
	Name string `json:"name"`
	// Component whose Secret it is.
	Component string `json:"component"`
	// Replaceable tells that no value of the Secret is in the shop's data, so that
	// other ones do as well once the pods that read it have been restarted: keys of
	// sessions, for example, and not the password of a database.
	Replaceable bool `json:"replaceable,omitempty"`
	// Keys of the Secret.
	Keys []SecretKeyDefinition `json:"keys"`
}

// SecretKeyDefinition says how one key of a Secret is made: by exactly one of
// Length, Value and Format.
type SecretKeyDefinition struct {
	// Key in the Secret.
	Key string `json:"key"`
	// Length makes a random value of so many characters.
	Length int `json:"length,omitempty"`
	// Alphabet of the random value, `alphanumeric` (the default) or `hex`.
	Alphabet Alphabet `json:"alphabet,omitempty"`
	// Value is the value itself; `$(host)` in it is the store's default host.
	Value string `json:"value,omitempty"`
	// Parameter names a parameter of the Store that is taken instead of Value
	// where the Store sets it when the Secret is made.
	Parameter string `json:"parameter,omitempty"`
	// Format is made of other keys: `$(key)` of this Secret, `$(secret/key)` of
	// one before it.
	Format string `json:"format,omitempty"`
}

// Kind is a kind of object that a chart may render.
type Kind struct {
	// APIVersion is the group and version, such as `apps/v1`.
	APIVersion string `json:"apiVersion"`
	// Kind is the kind, such as `Deployment`.
	Kind string `json:"kind"`
}
