package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

// summary is what a case expects of the report.
type summary struct {
	Phase       v1alpha1.StorePhase
	Condition   string // the reason of the condition that the case is about
	Ready       string // the reason of Ready
	Reconciling string
	Stalled     bool
	Recheck     time.Duration
}

func TestObserve(t *testing.T) {
	const left = 14 * time.Minute
	tests := []struct {
		name   string
		reason string
		change []func(*Observation)
		about  string
		want   summary
	}{
		{
			name: "healthy", reason: "a shop that lacks nothing is ready and leaves nothing to do",
			about: v1alpha1.ConditionApplicationReady,
			want:  summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "being applied", reason: "what is not applied is on its way",
			change: []func(*Observation){func(o *Observation) { o.Applied = Fails(Working, "Applying", "tried again") }},
			about:  v1alpha1.ConditionResourcesApplied,
			want:   summary{v1alpha1.StoreProvisioning, "Applying", "Applying", ReasonProgressing, false, left},
		},
		{
			name: "apply refused", reason: "what only a change can help is stalled and fails a store that was never ready",
			change: []func(*Observation){func(o *Observation) { o.Applied = Fails(Stalled, "ApplyRefused", "wrong") }},
			about:  v1alpha1.ConditionResourcesApplied,
			want:   summary{v1alpha1.StoreFailed, "ApplyRefused", "ApplyRefused", ReasonBlocked, true, left},
		},
		{
			name: "apply refused to a shop that was ready", reason: "a shop that served is degraded, not failed",
			change: []func(*Observation){settled, func(o *Observation) { o.Applied = Fails(Stalled, "ApplyRefused", "wrong") }},
			about:  v1alpha1.ConditionResourcesApplied,
			want:   summary{v1alpha1.StoreDegraded, "ApplyRefused", "ApplyRefused", ReasonBlocked, true, 0},
		},
		{
			name: "not created", reason: "a workload that the cache does not show yet is on its way",
			change: []func(*Observation){func(o *Observation) { o.StatefulSets = nil }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonNotCreated, ReasonNotCreated, ReasonProgressing, false, left},
		},
		{
			name: "starting", reason: "pods that are not ready yet are no fault while a store comes up",
			change: []func(*Observation){databaseDown},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonStarting, ReasonStarting, ReasonProgressing, false, left},
		},
		{
			name: "controller behind", reason: "a status of an older spec says nothing of the newer one",
			change: []func(*Observation){func(o *Observation) { o.Deployments[0].Generation = 2 }},
			about:  v1alpha1.ConditionApplicationReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonRollingOut, ReasonRollingOut, ReasonProgressing, false, left},
		},
		{
			name: "cache behind", reason: "what was seen of a workload before it was changed says nothing of the change",
			change: []func(*Observation){settled, func(o *Observation) { o.Store.Generation, o.Expected[1].Behind = 2, true }},
			about:  v1alpha1.ConditionApplicationReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonRollingOut, ReasonRollingOut, ReasonProgressing, false, 0},
		},
		{
			name: "cache behind a correction", reason: "undoing what somebody did to a shop that serves does not make it unready",
			change: []func(*Observation){settled, func(o *Observation) { o.Expected[1].Behind = true }},
			about:  v1alpha1.ConditionApplicationReady,
			want:   summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "replica lost", reason: "a loss after having been as the spec says degrades, whatever the rollout counters show",
			change: []func(*Observation){settled, databaseDown},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreDegraded, ReasonReplicasUnavailable, ReasonReplicasUnavailable, ReasonRecovering, false, 0},
		},
		{
			name: "changed after ready", reason: "a pod that a change replaces is progress, not a loss",
			change: []func(*Observation){settled, databaseDown, func(o *Observation) { o.Store.Generation = 2 }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonStarting, ReasonStarting, ReasonProgressing, false, 0},
		},
		{
			name: "quota exceeded", reason: "a refused pod for which a quota has no room names the quota; only a person can help",
			change: []func(*Observation){databasePodMissing, func(o *Observation) {
				o.Refusals = []*corev1.Event{{InvolvedObject: corev1.ObjectReference{UID: "sts"}, Message: "forbidden"}}
				o.Quotas = quotaOf("1Gi", "1Gi")
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreFailed, ReasonQuotaExceeded, ReasonQuotaExceeded, ReasonBlocked, true, left},
		},
		{
			name: "quota not counted yet", reason: "a pod was refused by the quota of the plan before; the controller counts by the new one in a moment",
			change: []func(*Observation){databasePodMissing, func(o *Observation) {
				o.Refusals = []*corev1.Event{{InvolvedObject: corev1.ObjectReference{UID: "sts"}, Message: "forbidden"}}
				o.Quotas = quotaOf("4Gi", "1Gi")
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonRollingOut, ReasonRollingOut, ReasonProgressing, false, left},
		},
		{
			name: "pods refused", reason: "a refused pod with room in the quota was refused by something else",
			change: []func(*Observation){databasePodMissing, func(o *Observation) {
				o.Refusals = []*corev1.Event{{InvolvedObject: corev1.ObjectReference{UID: "sts"}, Message: "forbidden"}}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonPodsRefused, ReasonPodsRefused, ReasonProgressing, false, left},
		},
		{
			name: "pods refused to a Deployment", reason: "a Deployment tells it in a condition",
			change: []func(*Observation){func(o *Observation) {
				o.Deployments[0].Status = appsv1.DeploymentStatus{ObservedGeneration: 1, Conditions: []appsv1.DeploymentCondition{
					{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Message: "forbidden"}}}
			}},
			about: v1alpha1.ConditionApplicationReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonPodsRefused, ReasonPodsRefused, ReasonProgressing, false, left},
		},
		{
			name: "refusal outlived", reason: "the event of a refusal stays an hour; a pod that exists was not refused",
			change: []func(*Observation){func(o *Observation) {
				o.Refusals = []*corev1.Event{{InvolvedObject: corev1.ObjectReference{UID: "sts"}, Message: "forbidden"}}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "claim pending", reason: "the claim is the cause, the pod that cannot be scheduled for it the effect",
			change: []func(*Observation){databaseDown, func(o *Observation) {
				o.Claims[1].Status.Phase = corev1.ClaimPending
				unschedulable(o.Pods[1])
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonClaimPending, ReasonClaimPending, ReasonProgressing, false, left},
		},
		{
			name: "claim lost", reason: "a volume that is gone does not come back by itself",
			change: []func(*Observation){settled, databaseDown, func(o *Observation) { o.Claims[1].Status.Phase = corev1.ClaimLost }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreDegraded, ReasonClaimLost, ReasonClaimLost, ReasonBlocked, true, 0},
		},
		{
			name: "claim deleted", reason: "the shop serves on, and its data goes with its pods",
			change: []func(*Observation){settled, func(o *Observation) {
				o.Claims[1].Spec.VolumeName = "pvc-1"
				o.Claims[1].DeletionTimestamp = &metav1.Time{Time: o.Now}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreDegraded, ReasonClaimTerminating, ReasonClaimTerminating, ReasonBlocked, true, 0},
		},
		{
			name: "unschedulable", reason: "nodes may be added, so it is not final",
			change: []func(*Observation){databaseDown, func(o *Observation) { unschedulable(o.Pods[1]) }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonUnschedulable, ReasonUnschedulable, ReasonProgressing, false, left},
		},
		{
			name: "image pull", reason: "a registry may come back",
			change: []func(*Observation){databaseWaits("ImagePullBackOff")},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonImagePullFailed, ReasonImagePullFailed, ReasonProgressing, false, left},
		},
		{
			name: "image name", reason: "a name that is no image's never becomes one",
			change: []func(*Observation){databaseWaits("InvalidImageName")},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreFailed, ReasonImagePullFailed, ReasonImagePullFailed, ReasonBlocked, true, left},
		},
		{
			name: "container config", reason: "a missing Secret may be restored",
			change: []func(*Observation){databaseWaits("CreateContainerConfigError")},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonContainerConfigInvalid, ReasonContainerConfigInvalid, ReasonProgressing, false, left},
		},
		{
			name: "crash loop", reason: "a container that keeps exiting names its logs",
			change: []func(*Observation){databaseWaits("CrashLoopBackOff")},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonCrashLoop, ReasonCrashLoop, ReasonProgressing, false, left},
		},
		{
			name: "out of memory", reason: "a crash loop whose last end was the memory limit is named for its cause",
			change: []func(*Observation){databaseWaits("CrashLoopBackOff"), func(o *Observation) {
				o.Pods[1].Status.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonOutOfMemory, ReasonOutOfMemory, ReasonProgressing, false, left},
		},
		{
			name: "out of memory once", reason: "a container that runs again after its memory limit is well",
			change: []func(*Observation){func(o *Observation) {
				o.Pods[1].Status.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: "OOMKilled"}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "init container", reason: "init containers are asked as the others are",
			change: []func(*Observation){databaseDown, func(o *Observation) {
				o.Pods[1].Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "wait", State: corev1.ContainerState{
					Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonCrashLoop, ReasonCrashLoop, ReasonProgressing, false, left},
		},
		{
			name: "pod evicted", reason: "a pod that ended on its node is told apart from one that starts",
			change: []func(*Observation){settled, databaseDown, func(o *Observation) {
				o.Pods[1].Status.Phase, o.Pods[1].Status.Reason = corev1.PodFailed, "Evicted"
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreDegraded, ReasonPodFailed, ReasonPodFailed, ReasonRecovering, false, 0},
		},
		{
			name: "pod evicted and replaced", reason: "the pod that ended stays beside its successor until somebody deletes it",
			change: []func(*Observation){settled, func(o *Observation) {
				gone := o.Pods[1].DeepCopy()
				gone.Name, gone.Status.Phase = gone.Name+"-before", corev1.PodFailed
				o.Pods = append(o.Pods, gone)
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "pod going", reason: "what is wrong with a pod that is being deleted no longer matters",
			change: []func(*Observation){databaseWaits("CrashLoopBackOff"), func(o *Observation) {
				o.Pods[1].DeletionTimestamp = &metav1.Time{Time: noon}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonStarting, ReasonStarting, ReasonProgressing, false, left},
		},
		{
			name: "cache down", reason: "the cache is part of the application",
			change: []func(*Observation){func(o *Observation) {
				o.Expected = append(o.Expected, Expected{Kind: "Deployment", Name: "cache", Component: ComponentCache})
			}},
			about: v1alpha1.ConditionApplicationReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonNotCreated, ReasonNotCreated, ReasonProgressing, false, left},
		},
		{
			name: "bootstrap not created", reason: "the set-up is part of being ready",
			change: []func(*Observation){func(o *Observation) { o.Jobs = nil }},
			about:  v1alpha1.ConditionBootstrapComplete,
			want:   summary{v1alpha1.StoreProvisioning, ReasonNotCreated, ReasonNotCreated, ReasonProgressing, false, left},
		},
		{
			name: "bootstrap running", reason: "a set-up that runs is progress",
			change: []func(*Observation){bootstrapRuns},
			about:  v1alpha1.ConditionBootstrapComplete,
			want:   summary{v1alpha1.StoreProvisioning, ReasonBootstrapRunning, ReasonBootstrapRunning, ReasonProgressing, false, left},
		},
		{
			name: "bootstrap cannot pull", reason: "a set-up that does not get to run says why",
			change: []func(*Observation){bootstrapRuns, func(o *Observation) {
				o.Pods[2].Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{
					Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull"}}}}
			}},
			about: v1alpha1.ConditionBootstrapComplete,
			want:  summary{v1alpha1.StoreProvisioning, ReasonImagePullFailed, ReasonImagePullFailed, ReasonProgressing, false, left},
		},
		{
			name: "bootstrap refused", reason: "a Job tells of refused pods in events only",
			change: []func(*Observation){func(o *Observation) {
				o.Jobs[0].Status = batchv1.JobStatus{}
				o.Refusals = []*corev1.Event{{InvolvedObject: corev1.ObjectReference{UID: "job"}, Message: "forbidden"}}
			}},
			about: v1alpha1.ConditionBootstrapComplete,
			want:  summary{v1alpha1.StoreProvisioning, ReasonPodsRefused, ReasonPodsRefused, ReasonProgressing, false, left},
		},
		{
			name: "bootstrap failed", reason: "a Job that gave up is not tried again soon",
			change: []func(*Observation){func(o *Observation) {
				o.Jobs[0].Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Message: "limit"}}
			}},
			about: v1alpha1.ConditionBootstrapComplete,
			want:  summary{v1alpha1.StoreFailed, ReasonBootstrapFailed, ReasonBootstrapFailed, ReasonBlocked, true, left},
		},
		{
			name: "route missing", reason: "a shop that nobody reaches is not ready",
			change: []func(*Observation){func(o *Observation) { o.Ingresses = nil }},
			about:  v1alpha1.ConditionRouteReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonRouteMissing, ReasonRouteMissing, ReasonProgressing, false, left},
		},
		{
			name: "host conflict", reason: "one of two owners has to give way, and only they can say which",
			change: []func(*Observation){func(o *Observation) { o.Conflicts = []Conflict{{Host: "shop.example.com", Store: "older"}} }},
			about:  v1alpha1.ConditionRouteReady,
			want:   summary{v1alpha1.StoreFailed, ReasonHostConflict, ReasonHostConflict, ReasonBlocked, true, left},
		},
		{
			name: "gateway accepts", reason: "a Gateway says that it routes",
			change: []func(*Observation){gateway(parent("Accepted", "True"))},
			about:  v1alpha1.ConditionRouteReady,
			want:   summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "gateway silent", reason: "a route that no Gateway took up leads nowhere",
			change: []func(*Observation){gateway()},
			about:  v1alpha1.ConditionRouteReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonRoutePending, ReasonRoutePending, ReasonProgressing, false, left},
		},
		{
			name: "gateway refuses", reason: "the Gateway's refusal is passed on",
			change: []func(*Observation){gateway(parent("Accepted", "False"))},
			about:  v1alpha1.ConditionRouteReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonRouteRejected, ReasonRouteRejected, ReasonProgressing, false, left},
		},
		{
			name: "timed out", reason: "a store that was never ready in time has failed and says what held it up",
			change: []func(*Observation){databaseDown, func(o *Observation) { o.Timeout = 30 * time.Second }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreFailed, ReasonStarting, ReasonTimedOut, ReasonBlocked, true, 0},
		},
		{
			name: "resumed after a long rest", reason: "a store that was suspended before it was ever ready gets its time when it is resumed",
			change: []func(*Observation){databaseDown, func(o *Observation) { o.Timeout, o.Store.Generation = 30*time.Second, 2 }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreProvisioning, ReasonStarting, ReasonStarting, ReasonProgressing, false, 30 * time.Second},
		},
		{
			name: "timed out but ready", reason: "failed is not final",
			change: []func(*Observation){func(o *Observation) { o.Timeout = 30 * time.Second }},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreReady, ReasonReady, ReasonReady, ReasonSettled, false, 0},
		},
		{
			name: "suspended", reason: "a store at rest is neither reconciling nor stalled",
			change: []func(*Observation){suspended},
			about:  v1alpha1.ConditionDatabaseReady,
			want:   summary{v1alpha1.StoreSuspended, ReasonSuspended, ReasonSuspended, ReasonSettled, false, 0},
		},
		{
			name: "suspending", reason: "a pod that still stops means that the store is not at rest yet",
			change: []func(*Observation){suspended, func(o *Observation) {
				o.Pods = []*corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{labelComponent: ComponentDatabase},
					DeletionTimestamp: &metav1.Time{Time: noon}}}}
			}},
			about: v1alpha1.ConditionDatabaseReady,
			want:  summary{v1alpha1.StoreProvisioning, ReasonSuspending, ReasonSuspending, ReasonProgressing, false, 0},
		},
		{
			name: "suspended before it was set up", reason: "a set-up that never ran waits for the resume",
			change: []func(*Observation){suspended, func(o *Observation) { o.Jobs = nil }},
			about:  v1alpha1.ConditionBootstrapComplete,
			want:   summary{v1alpha1.StoreSuspended, ReasonSuspended, ReasonSuspended, ReasonSettled, false, 0},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy()
			for _, change := range tt.change {
				change(o)
			}
			report := Observe(o)
			got := summary{
				Phase:       report.Phase,
				Condition:   condition(t, report, tt.about).Reason,
				Ready:       condition(t, report, v1alpha1.ConditionReady).Reason,
				Reconciling: condition(t, report, v1alpha1.ConditionReconciling).Reason,
				Stalled:     condition(t, report, v1alpha1.ConditionStalled).Status == metav1.ConditionTrue,
				Recheck:     report.Recheck,
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%s", tt.reason, diff, condition(t, report, tt.about).Message)
			}
			checkConsistent(t, report)
		})
	}
}

func condition(t *testing.T, report Report, kind string) metav1.Condition {
	t.Helper()
	found := meta.FindStatusCondition(report.Conditions, kind)
	if found == nil {
		t.Fatalf("there is no condition %s among %v", kind, report.Conditions)
	}
	return *found
}
