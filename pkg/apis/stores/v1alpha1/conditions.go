package v1alpha1

// Condition types of a Store. docs/conditions.md describes each of them and its
// reasons.
const (
	// ConditionReady is True while the shop serves as its spec says.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the platform is working towards the spec (kstatus).
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when no progress is made without a change; its
	// message says what to do (kstatus).
	ConditionStalled = "Stalled"
	// ConditionValid is False, with ReasonStorageInvalid, on a Store whose stored
	// form cannot be decoded. It is derived on every read, never stored, and
	// absent from a healthy Store. A Store with it is never provisioned or pruned.
	ConditionValid = "Valid"
	// ConditionResourcesApplied is True when every object of the shop is applied as rendered.
	ConditionResourcesApplied = "ResourcesApplied"
	// ConditionDatabaseReady is True while the database answers.
	ConditionDatabaseReady = "DatabaseReady"
	// ConditionApplicationReady is True while the application has its replicas ready.
	ConditionApplicationReady = "ApplicationReady"
	// ConditionBootstrapComplete is True once the shop has been set up.
	ConditionBootstrapComplete = "BootstrapComplete"
	// ConditionRouteReady is True while the shop's hosts are routed to it.
	ConditionRouteReady = "RouteReady"
	// ConditionStorefrontReachable is True while the shop answers its customers, as
	// the platform finds by asking like one. It is Unknown, and holds nothing up,
	// where the platform does not ask.
	ConditionStorefrontReachable = "StorefrontReachable"
	// ConditionUpToDate is True while the store runs the newest installed revision
	// of its engine that has its version and plan. Ready does not depend on it.
	ConditionUpToDate = "UpToDate"
)

// ReasonStorageInvalid is the reason of the conditions that a damaged stored
// form puts on a Store. No stored condition has it.
const ReasonStorageInvalid = "StorageInvalid"

// ReasonStorageCannotGrow is the reason of ResourcesApplied of a Store whose volume
// is to grow and cannot. While a Store has it, the sizes that it orders can be lowered.
const ReasonStorageCannotGrow = "StorageCannotGrow"

// Labels and annotations that users and the platform's objects carry.
const (
	// LabelStore names the Store on every object the platform manages for it.
	LabelStore = "platform.example.io/store"
	// LabelManagedBy is the recommended label; its value is ManagedBy.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy on everything the platform manages.
	ManagedBy = "store-platform"
	// NamespacePrefix precedes a Store's name in its namespace's name.
	NamespacePrefix = "store-"
)
