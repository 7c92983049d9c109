package health

// Reasons of the conditions. docs/conditions.md says of each what to do.
const (
	// ReasonReady is on every condition that holds.
	ReasonReady = "Ready"
	// ReasonSuspended is a part that is scaled to zero on request.
	ReasonSuspended = "Suspended"
	// ReasonSuspending is a part that is being scaled to zero.
	ReasonSuspending = "Suspending"
	// ReasonTerminating is a store that is being deleted.
	ReasonTerminating = "Terminating"

	// ReasonNotCreated is an object that does not exist yet.
	ReasonNotCreated = "NotCreated"
	// ReasonRollingOut is a workload that takes on a change.
	ReasonRollingOut = "RollingOut"
	// ReasonStarting is a workload whose pods are not ready yet.
	ReasonStarting = "Starting"
	// ReasonReplicasUnavailable is a workload that lost ready pods.
	ReasonReplicasUnavailable = "ReplicasUnavailable"

	// ReasonQuotaExceeded is a pod for which the namespace's quota has no room.
	ReasonQuotaExceeded = "QuotaExceeded"
	// ReasonPodsRefused is a pod that the API server refuses to create.
	ReasonPodsRefused = "PodsRefused"
	// ReasonClaimPending is a volume claim that is not bound.
	ReasonClaimPending = "ClaimPending"
	// ReasonClaimLost is a volume claim whose volume is gone.
	ReasonClaimLost = "ClaimLost"
	// ReasonClaimTerminating is a volume claim that somebody deleted, and that stays
	// as long as pods use it.
	ReasonClaimTerminating = "ClaimTerminating"
	// ReasonUnschedulable is a pod that fits on no node.
	ReasonUnschedulable = "Unschedulable"
	// ReasonImagePullFailed is a container whose image cannot be pulled.
	ReasonImagePullFailed = "ImagePullFailed"
	// ReasonContainerConfigInvalid is a container that cannot be made of its definition.
	ReasonContainerConfigInvalid = "ContainerConfigInvalid"
	// ReasonOutOfMemory is a container that was killed at its memory limit.
	ReasonOutOfMemory = "OOMKilled"
	// ReasonCrashLoop is a container that keeps exiting.
	ReasonCrashLoop = "CrashLoop"
	// ReasonPodFailed is a pod that ended and does not run again, evicted for example.
	ReasonPodFailed = "PodFailed"

	// ReasonBootstrapRunning is a set-up that has not finished.
	ReasonBootstrapRunning = "BootstrapRunning"
	// ReasonBootstrapFailed is a set-up that gave up.
	ReasonBootstrapFailed = "BootstrapFailed"

	// ReasonRouteMissing is a route that does not exist.
	ReasonRouteMissing = "RouteMissing"
	// ReasonRoutePending is a route that no Gateway has taken up.
	ReasonRoutePending = "RoutePending"
	// ReasonRouteRejected is a route that its Gateway refuses.
	ReasonRouteRejected = "RouteRejected"
	// ReasonHostConflict is a host that an older Store has.
	ReasonHostConflict = "HostConflict"

	// ReasonApplicationNotReady is a shop that is not asked before its application is ready.
	ReasonApplicationNotReady = "ApplicationNotReady"
	// ReasonProbeDisabled is on StorefrontReachable where the platform asks no shop.
	ReasonProbeDisabled = "ProbeDisabled"
	// ReasonProbePending is a shop that has not been asked yet.
	ReasonProbePending = "ProbePending"
	// ReasonProbeRefused is a shop that keeps the platform out.
	ReasonProbeRefused = "ProbeRefused"
	// ReasonStorefrontUnreachable is a shop that gives no answer.
	ReasonStorefrontUnreachable = "StorefrontUnreachable"
	// ReasonStorefrontError is a shop that answers with an error.
	ReasonStorefrontError = "StorefrontError"
	// ReasonStorefrontRedirects is a shop that sends its customers elsewhere.
	ReasonStorefrontRedirects = "StorefrontRedirects"

	// ReasonCurrent is on UpToDate of a store that runs the newest revision that it can.
	ReasonCurrent = "Current"
	// ReasonRolloutWaiting is a store that is yet to be moved to a newer revision.
	ReasonRolloutWaiting = "RolloutWaiting"
	// ReasonRolloutRunning is a store that was moved to another revision of its
	// engine and has not been ready since.
	ReasonRolloutRunning = "RolloutRunning"
	// ReasonRolloutFailed is a store that was moved and went wrong since.
	ReasonRolloutFailed = "RolloutFailed"
	// ReasonRolloutPaused is a store that is not moved because another failed.
	ReasonRolloutPaused = "RolloutPaused"

	// ReasonProgressing is on Reconciling while the store takes on its spec.
	ReasonProgressing = "Progressing"
	// ReasonRecovering is on Reconciling when the store was as its spec says and lost something.
	ReasonRecovering = "Recovering"
	// ReasonSettled is on Reconciling when there is nothing to do.
	ReasonSettled = "Settled"
	// ReasonBlocked is on Reconciling when the store is stalled.
	ReasonBlocked = "Blocked"
	// ReasonTimedOut is a store that was not ready in time.
	ReasonTimedOut = "ProvisioningTimedOut"

	// ReasonFinalizersRemain is a deletion that waits for the Store's finalizers.
	ReasonFinalizersRemain = "FinalizersRemain"
	// ReasonContentRemains is a deletion that waits for objects in the namespace.
	ReasonContentRemains = "ContentRemains"
	// ReasonDeletionBlocked is a deletion that cannot go on.
	ReasonDeletionBlocked = "DeletionBlocked"
)
