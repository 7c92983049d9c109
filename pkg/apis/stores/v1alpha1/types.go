package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +genclient
// +genclient:nonNamespaced
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
// +k8s:supportsSubresource="/status"

// Store is one shop. It is stored as exactly one namespace, `store-<name>`, in
// which everything the shop needs is provisioned; deleting the Store deletes
// that namespace and all that is in it.
type Store struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata. The name is a DNS label of at most 57 characters,
	// because `store-<name>` must be one, too, and not one that the platform reserves.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// Spec is the shop that is wanted.
	Spec StoreSpec `json:"spec" protobuf:"bytes,2,opt,name=spec"`

	// Status is what was last observed of the shop. Written by the platform only.
	// +optional
	Status StoreStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// StoreList is a list of Stores.
type StoreList struct {
	metav1.TypeMeta `json:",inline"`
	// Standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// Items are the stores.
	Items []Store `json:"items" protobuf:"bytes,2,rep,name=items"`
}

// StoreSpec is the shop that is wanted.
type StoreSpec struct {
	// Engine names the shop software, one of `kubectl get engines`, for example
	// `woocommerce` or `medusa`. It cannot be changed after creation.
	// +k8s:required
	// +k8s:immutable
	// +k8s:maxLength=63
	Engine string `json:"engine" protobuf:"bytes,1,opt,name=engine"`

	// Version is the version of the engine to run. Changing it upgrades the shop.
	// When left empty on create, the engine's default version is chosen once and
	// stored here.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Version string `json:"version,omitempty" protobuf:"bytes,2,opt,name=version"`

	// Plan names the size of the shop, one of the engine's plans. Changing it
	// resizes the shop. When left empty on create, the engine's default plan is
	// chosen once and stored here.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Plan string `json:"plan,omitempty" protobuf:"bytes,3,opt,name=plan"`

	// DisplayName is the name shown to people, at most 100 characters on one line,
	// without white space around them. Defaults to the Store's name.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=100
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,4,opt,name=displayName"`

	// Hosts are custom domains of the shop, served beside the default
	// `<name>.<baseDomain>`. Each is a fully qualified, lower-case DNS name outside
	// the platform's base domain that no other Store uses.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=32
	Hosts []string `json:"hosts,omitempty" protobuf:"bytes,5,rep,name=hosts"`

	// Storage sets the size and class of the data volumes that the engine
	// declares. A volume that is not named here has the size of the plan. Sizes
	// can grow and never shrink; a class cannot be changed.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=16
	Storage []VolumeStorage `json:"storage,omitempty" protobuf:"bytes,6,rep,name=storage"`

	// Suspend scales the shop to zero while it is true. Its data is kept.
	// +optional
	Suspend bool `json:"suspend,omitempty" protobuf:"varint,7,opt,name=suspend"`

	// DeletionProtection refuses deletion of the Store while it is true.
	// +optional
	DeletionProtection bool `json:"deletionProtection,omitempty" protobuf:"varint,8,opt,name=deletionProtection"`

	// Parameters are settings of the engine, checked against the schema that
	// the engine publishes (`kubectl get engine <engine> -o yaml`). No secrets:
	// whoever reads the Store reads them. Applied and owned as one value.
	// +optional
	Parameters *JSONObject `json:"parameters,omitempty" protobuf:"bytes,9,opt,name=parameters"`

	// AdminCredentialsRotation asks for a new password of the shop's admin: whenever
	// it is set to another value, one is made, in the Secret and in the shop. Any
	// value of letters, digits and `._:+-` will do, the date for example; taking it
	// away does nothing. Refused where the engine cannot do it.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	AdminCredentialsRotation string `json:"adminCredentialsRotation,omitempty" protobuf:"bytes,10,opt,name=adminCredentialsRotation"`
}

// VolumeStorage is the size and class of one data volume.
type VolumeStorage struct {
	// Name of the volume, one of those the engine declares, for example `database`.
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// Size of the volume as a quantity above zero, for example `10Gi`. It can grow
	// and never shrink. Defaults to the size of the plan.
	// ---
	// A protobuf message has a method Size, so no Go field can have that name.
	// +optional
	VolumeSize *resource.Quantity `json:"size,omitempty" protobuf:"bytes,2,opt,name=size"`

	// StorageClassName of the volume; it cannot be changed after creation.
	// Defaults to the platform's storage class.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	StorageClassName *string `json:"storageClassName,omitempty" protobuf:"bytes,3,opt,name=storageClassName"`
}

// StorePhase sums a Store up in one word, for people. No code decides by it;
// programs read conditions.
// +enum
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
	// +optional
	Phase StorePhase `json:"phase,omitempty" protobuf:"bytes,1,opt,name=phase,casttype=StorePhase"`

	// Conditions are the latest observations of the shop's state. `Ready`,
	// `Reconciling` and `Stalled` follow the kstatus conventions.
	// +optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +k8s:eachVal=+k8s:opaqueType
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type" protobuf:"bytes,2,rep,name=conditions"`

	// ObservedGeneration is the metadata.generation that the status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty" protobuf:"varint,3,opt,name=observedGeneration"`

	// Namespace is the namespace the shop lives in, `store-<name>`.
	// +optional
	Namespace string `json:"namespace,omitempty" protobuf:"bytes,4,opt,name=namespace"`

	// URL is where customers reach the shop.
	// +optional
	URL string `json:"url,omitempty" protobuf:"bytes,5,opt,name=url"`

	// AdminURL is where the merchant administers the shop.
	// +optional
	AdminURL string `json:"adminURL,omitempty" protobuf:"bytes,6,opt,name=adminURL"`

	// AdminSecretRef names the Secret, in the shop's namespace, that holds the
	// generated admin login under the keys `username` and `password`.
	// +optional
	AdminSecretRef *SecretReference `json:"adminSecretRef,omitempty" protobuf:"bytes,7,opt,name=adminSecretRef"`

	// EngineVersion is the engine version that runs now.
	// +optional
	EngineVersion string `json:"engineVersion,omitempty" protobuf:"bytes,8,opt,name=engineVersion"`

	// EngineRevision is the revision of the engine's chart that was applied last.
	// +optional
	EngineRevision string `json:"engineRevision,omitempty" protobuf:"bytes,9,opt,name=engineRevision"`

	// ProvisioningStartTime is when the provisioner took the Store up, or the last
	// change of its spec while it had never been ready.
	// +optional
	// +k8s:opaqueType
	ProvisioningStartTime *metav1.Time `json:"provisioningStartTime,omitempty" protobuf:"bytes,10,opt,name=provisioningStartTime"`

	// ReadyTime is when the Store was ready for the first time.
	// +optional
	// +k8s:opaqueType
	ReadyTime *metav1.Time `json:"readyTime,omitempty" protobuf:"bytes,11,opt,name=readyTime"`

	// Creator is the name of the user who created the Store. Recorded by the
	// API server on create; it cannot be changed.
	// +optional
	Creator string `json:"creator,omitempty" protobuf:"bytes,12,opt,name=creator"`

	// AdminCredentialsRotation is the value of the spec's field of that name that
	// was carried out last.
	// +optional
	AdminCredentialsRotation string `json:"adminCredentialsRotation,omitempty" protobuf:"bytes,13,opt,name=adminCredentialsRotation"`
}

// SecretReference names a Secret.
type SecretReference struct {
	// Namespace of the Secret.
	Namespace string `json:"namespace" protobuf:"bytes,1,opt,name=namespace"`
	// Name of the Secret.
	Name string `json:"name" protobuf:"bytes,2,opt,name=name"`
}

// +genclient
// +genclient:nonNamespaced
// +genclient:onlyVerbs=get,list
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Engine is a kind of shop software that is installed on this platform. It is
// read-only: engines are installed with the platform or mounted into it.
//
// +k8s:validation-gen=false
type Engine struct {
	metav1.TypeMeta `json:",inline"`
	// Standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// Spec describes the engine.
	Spec EngineSpec `json:"spec" protobuf:"bytes,2,opt,name=spec"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// EngineList is a list of Engines.
type EngineList struct {
	metav1.TypeMeta `json:",inline"`
	// Standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// Items are the engines.
	Items []Engine `json:"items" protobuf:"bytes,2,rep,name=items"`
}

// EngineSpec describes an engine: everything a client needs to build a form
// that creates a Store of it.
type EngineSpec struct {
	// DisplayName is the name shown to people.
	DisplayName string `json:"displayName" protobuf:"bytes,1,opt,name=displayName"`

	// Description says in a sentence what the engine is.
	// +optional
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// Revision is the newest revision of the engine's chart; new Stores run it.
	Revision string `json:"revision" protobuf:"bytes,3,opt,name=revision"`

	// DefaultVersion is chosen for a Store that names no version.
	DefaultVersion string `json:"defaultVersion" protobuf:"bytes,4,opt,name=defaultVersion"`

	// Versions can be ordered, newest first.
	// +listType=map
	// +listMapKey=name
	Versions []EngineVersion `json:"versions" protobuf:"bytes,5,rep,name=versions"`

	// DefaultPlan is chosen for a Store that names no plan.
	DefaultPlan string `json:"defaultPlan" protobuf:"bytes,6,opt,name=defaultPlan"`

	// Plans are the sizes a shop can have, smallest first.
	// +listType=map
	// +listMapKey=name
	Plans []EnginePlan `json:"plans" protobuf:"bytes,7,rep,name=plans"`

	// Volumes are the data volumes of a shop, for `spec.storage` of a Store.
	// +optional
	// +listType=map
	// +listMapKey=name
	Volumes []EngineVolume `json:"volumes,omitempty" protobuf:"bytes,8,rep,name=volumes"`

	// ParametersSchema is the JSON schema (draft 2020-12) of `spec.parameters`.
	// +optional
	ParametersSchema *JSONObject `json:"parametersSchema,omitempty" protobuf:"bytes,9,opt,name=parametersSchema"`
}

// EngineVersion is one version that can be ordered.
type EngineVersion struct {
	// Name of the version, the value of `spec.version` of a Store.
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`
}

// EnginePlan is one size a shop can have.
type EnginePlan struct {
	// Name of the plan, the value of `spec.plan` of a Store.
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// Description says for whom the plan is.
	// +optional
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`
}

// EngineVolume is a data volume that an engine declares.
type EngineVolume struct {
	// Name of the volume.
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// Description says what the volume holds.
	// +optional
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// DefaultSizes are the sizes by plan of a volume that a Store does not size.
	// +optional
	DefaultSizes map[string]resource.Quantity `json:"defaultSizes,omitempty" protobuf:"bytes,3,rep,name=defaultSizes"`
}
