package stores

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Store is one shop. It is stored as exactly one namespace, `store-<name>`, in
// which everything the shop needs is provisioned; deleting the Store deletes
// that namespace and all that is in it.
type Store struct {
	metav1.TypeMeta
	// Standard object's metadata. The name is at most 57 characters, because
	// `store-<name>` must be a DNS label.
	metav1.ObjectMeta

	// Spec is the shop that is wanted.
	Spec StoreSpec

	// Status is what was last observed of the shop. Written by the platform only.
	Status StoreStatus

	// Damage lists the parts whose stored form could not be decoded. Set by
	// storage on read; no version of the API has it, the Valid condition tells.
	// +k8s:conversion-gen=false
	Damage []Damage
}

// Damage is a part of a Store that could not be decoded.
type Damage struct {
	// Part is `spec`, `status` or `metadata`.
	Part string
	// Problem says what is wrong with it.
	Problem string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// StoreList is a list of Stores.
type StoreList struct {
	metav1.TypeMeta
	// Standard list metadata.
	metav1.ListMeta

	// Items are the stores.
	Items []Store
}

// StoreSpec is the shop that is wanted.
type StoreSpec struct {
	// Engine names the shop software, one of `kubectl get engines`, for example
	// `woocommerce` or `medusa`. It cannot be changed after creation.
	Engine string

	// Version is the version of the engine to run. Changing it upgrades the shop.
	// When left empty on create, the engine's default version is chosen once and
	// stored here.
	Version string

	// Plan names the size of the shop, one of the engine's plans. When left
	// empty on create, the engine's default plan is chosen once and stored here.
	Plan string

	// DisplayName is the name shown to people, at most 100 characters.
	DisplayName string

	// Hosts are custom domains of the shop, served beside the default
	// `<name>.<baseDomain>`. Each is a lower-case DNS name outside the
	// platform's base domain that no other Store uses.
	Hosts []string

	// Storage sets the size and class of the data volumes that the engine
	// declares. A volume that is not named here has the size of the plan. Sizes
	// can grow and never shrink; a class cannot be changed.
	Storage []VolumeStorage

	// Suspend scales the shop to zero while it is true. Its data is kept.
	Suspend bool

	// DeletionProtection refuses deletion of the Store while it is true.
	DeletionProtection bool

	// Parameters are settings of the engine, checked against the schema that
	// the engine publishes (`kubectl get engine <engine> -o yaml`). Applied and
	// owned as one value.
	Parameters *JSONObject

	// AdminCredentialsRotation asks for a new password of the shop's admin: whenever
	// it is set to another value, one is made, in the Secret and in the shop. Any
	// value will do, the date for example; taking it away does nothing.
	AdminCredentialsRotation string
}

// VolumeStorage is the size and class of one data volume.
type VolumeStorage struct {
	// Name of the volume, one of those the engine declares, for example `database`.
	Name string

	// VolumeSize is the size of the volume as a quantity, for example `10Gi`. It can grow and never
	// shrink. Defaults to the size of the plan.
	VolumeSize *resource.Quantity

	// StorageClassName of the volume; it cannot be changed after creation.
	// Defaults to the platform's storage class.
	StorageClassName *string
}

// StorePhase sums a Store up in one word, for people. No code decides by it;
// programs read conditions.
type StorePhase string

const (
	// StorePending is a Store that the provisioner has not taken up yet.
	StorePending StorePhase = "Pending"
	// StoreProvisioning is a Store that is coming up, or taking on a changed spec.
	StoreProvisioning StorePhase = "Provisioning"
	// StoreReady is a shop that serves as its spec says.
	StoreReady StorePhase = "Ready"
	// StoreDegraded was ready once and has lost something since.
	StoreDegraded StorePhase = "Degraded"
	// StoreFailed cannot make progress; the Stalled condition says why. It is
	// retried and becomes Ready when the cause goes away.
	StoreFailed StorePhase = "Failed"
	// StoreSuspended is scaled to zero on request, its data kept.
	StoreSuspended StorePhase = "Suspended"
	// StoreTerminating is being deleted.
	StoreTerminating StorePhase = "Terminating"
	// StoreInvalid is a Store whose stored form cannot be decoded; nothing is
	// provisioned or pruned until a person repairs it.
	StoreInvalid StorePhase = "Invalid"
)

// StoreStatus is what was last observed of a shop.
type StoreStatus struct {
	// Phase sums the conditions up in one word for people. Programs should read
	// the conditions.
	Phase StorePhase

	// Conditions are the latest observations of the shop's state. `Ready`,
	// `Reconciling` and `Stalled` follow the kstatus conventions.
	Conditions []metav1.Condition

	// ObservedGeneration is the metadata.generation that the status speaks of.
	ObservedGeneration int64

	// Namespace is the namespace the shop lives in, `store-<name>`.
	Namespace string

	// URL is where customers reach the shop.
	URL string

	// AdminURL is where the merchant administers the shop.
	AdminURL string

	// AdminSecretRef names the Secret, in the shop's namespace, that holds the
	// generated admin login under the keys `username` and `password`.
	AdminSecretRef *SecretReference

	// EngineVersion is the engine version that runs now.
	EngineVersion string

	// EngineRevision is the revision of the engine's chart that was applied last.
	EngineRevision string

	// ProvisioningStartTime is when the provisioner took the Store up, or the last
	// change of its spec while it had never been ready.
	ProvisioningStartTime *metav1.Time

	// ReadyTime is when the Store was ready for the first time.
	ReadyTime *metav1.Time

	// Creator is the name of the user who created the Store. Recorded by the
	// API server on create; it cannot be changed.
	Creator string

	// AdminCredentialsRotation is the value of the spec's field of that name that
	// was carried out last.
	AdminCredentialsRotation string
}

// SecretReference names a Secret.
type SecretReference struct {
	// Namespace of the Secret.
	Namespace string
	// Name of the Secret.
	Name string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Engine is a kind of shop software that is installed on this platform. It is
// read-only: engines are installed with the platform or mounted into it.
type Engine struct {
	metav1.TypeMeta
	// Standard object's metadata.
	metav1.ObjectMeta

	// Spec describes the engine.
	Spec EngineSpec
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// EngineList is a list of Engines.
type EngineList struct {
	metav1.TypeMeta
	// Standard list metadata.
	metav1.ListMeta

	// Items are the engines.
	Items []Engine
}

// EngineSpec describes an engine: everything a client needs to build a form
// that creates a Store of it.
type EngineSpec struct {
	// DisplayName is the name shown to people.
	DisplayName string

	// Description says in a sentence what the engine is.
	Description string

	// Revision is the newest revision of the engine's chart; new Stores run it.
	Revision string

	// DefaultVersion is chosen for a Store that names no version.
	DefaultVersion string

	// Versions can be ordered, newest first.
	Versions []EngineVersion

	// DefaultPlan is chosen for a Store that names no plan.
	DefaultPlan string

	// Plans are the sizes a shop can have, smallest first.
	Plans []EnginePlan

	// Volumes are the data volumes of a shop, for `spec.storage` of a Store.
	Volumes []EngineVolume

	// ParametersSchema is the JSON schema (draft 2020-12) of `spec.parameters`.
	ParametersSchema *JSONObject
}

// EngineVersion is one version that can be ordered.
type EngineVersion struct {
	// Name of the version, the value of `spec.version` of a Store.
	Name string
}

// EnginePlan is one size a shop can have.
type EnginePlan struct {
	// Name of the plan, the value of `spec.plan` of a Store.
	Name string

	// Description says for whom the plan is.
	Description string
}

// EngineVolume is a data volume that an engine declares.
type EngineVolume struct {
	// Name of the volume.
	Name string

	// Description says what the volume holds.
	Description string

	// DefaultSizes are the sizes by plan of a volume that a Store does not size.
	DefaultSizes map[string]resource.Quantity
}

// JSONObject is a free-form JSON object, kept as the text of the JSON.
type JSONObject struct {
	// Raw is the JSON text.
	Raw []byte
}
