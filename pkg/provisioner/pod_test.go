package provisioner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// kubelet writes what a kubelet reports of a pod's containers: those of simulated
// nodes run none.
func (b *bench) kubelet(pod corev1.Pod, phase corev1.PodPhase, ready bool, state, last corev1.ContainerState) {
	b.t.Helper()
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	report := corev1.PodStatus{Phase: phase, Conditions: []corev1.PodCondition{
		{Type: corev1.PodReady, Status: status, LastTransitionTime: metav1.Now()},
		{Type: corev1.ContainersReady, Status: status, LastTransitionTime: metav1.Now()},
	}}
	for _, c := range pod.Spec.Containers {
		report.ContainerStatuses = append(report.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, Ready: ready, Started: &ready, State: state, LastTerminationState: last,
		})
	}
	patch, err := json.Marshal(map[string]any{"status": report})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.kube.CoreV1().Pods(pod.Namespace).Patch(b.t.Context(), pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		b.t.Fatal(err)
	}
}

func held(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func exited(reason string, code int32) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code, ContainerID: "containerd://test"}}
}

func (b *bench) theApplication(namespace string) corev1.Pod {
	b.t.Helper()
	for _, pod := range b.pods(namespace, "application") {
		if pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning {
			return pod
		}
	}
	b.t.Fatalf("no pod of the application runs in %s", namespace)
	return corev1.Pod{}
}

// TestPodsThatFail has a pod of a shop that is ready fail in every way that a
// kubelet reports, and recover.
func TestPodsThatFail(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	none := corev1.ContainerState{}
	tests := []struct {
		name        string
		reason      string
		state, last corev1.ContainerState
		want        string
		stalled     bool
	}{
		{name: "image", reason: "a registry may come back", state: held("ImagePullBackOff", "not found"), want: health.ReasonImagePullFailed},
		{name: "image name", reason: "a name does not become valid", state: held("InvalidImageName", "bad"), want: health.ReasonImagePullFailed, stalled: true},
		{name: "configuration", reason: "a ConfigMap is missing", state: held("CreateContainerConfigError", `configmap "x" not found`), want: health.ReasonContainerConfigInvalid},
		{name: "memory", reason: "the limit is too small", state: held("CrashLoopBackOff", ""), last: exited("OOMKilled", 137), want: health.ReasonOutOfMemory},
		{name: "crash", reason: "a database refuses the password, for example", state: held("CrashLoopBackOff", ""), last: exited("Error", 1), want: health.ReasonCrashLoop},
		{name: "readiness", reason: "a probe is redirected for ever, for example", state: running, want: health.ReasonReplicasUnavailable},
	}
	b := newBench(t)
	b.provision(nil)
	b.order("failing", nil)
	b.ready("failing")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := b.on(t)
			pod := b.theApplication("store-failing")
			b.kubelet(pod, corev1.PodRunning, false, tt.state, tt.last)
			b.condition("failing", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, tt.want)
			store := b.phase("failing", v1alpha1.StoreDegraded)
			if tt.stalled {
				b.condition("failing", v1alpha1.ConditionStalled, metav1.ConditionTrue, tt.want)
			} else {
				b.condition("failing", v1alpha1.ConditionReconciling, metav1.ConditionTrue, health.ReasonRecovering)
			}
			b.told(store, "Degraded")
			b.kubelet(pod, corev1.PodRunning, true, running, none)
			b.ready("failing")
		})
	}
	t.Run("starting", func(t *testing.T) {
		b := b.on(t)
		pod := b.theApplication("store-failing")
		b.kubelet(pod, corev1.PodRunning, false, running, none)
		b.condition("failing", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonReplicasUnavailable)
		// After a change of the store a pod that is not ready is on its way, not lost.
		b.edit("failing", func(s *v1alpha1.StoreSpec) { s.DeletionProtection = true })
		b.condition("failing", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonStarting)
		b.condition("failing", v1alpha1.ConditionReconciling, metav1.ConditionTrue, health.ReasonProgressing)
		b.kubelet(pod, corev1.PodRunning, true, running, none)
		b.ready("failing")
	})
	t.Run("evicted", func(t *testing.T) {
		b := b.on(t)
		// Its successor runs and is not ready yet.
		open := b.closeNodes()
		defer open()
		b.kubelet(b.theApplication("store-failing"), corev1.PodFailed, false, exited("Error", 137), none)
		b.condition("failing", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonUnschedulable)
		release := b.hold("store-failing", "application")
		open()
		b.condition("failing", v1alpha1.ConditionApplicationReady, metav1.ConditionFalse, health.ReasonPodFailed)
		release()
		// The pod that ended stays until somebody deletes it; its successor serves.
		b.ready("failing")
		pods := b.pods("store-failing", "application")
		if !slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.Status.Phase == corev1.PodFailed }) {
			t.Errorf("the pod that ended is gone: %d pods", len(pods))
		}
	})
}

// TestFlappingIsBounded has a pod become ready and not ready many times: the
// store's status and Events tell of it, and are not flooded.
func TestFlappingIsBounded(t *testing.T) {
	const times = 40
	b := newBench(t)
	p := b.provision(nil)
	b.order("flapping", nil)
	store := b.ready("flapping")
	pod := b.theApplication("store-flapping")
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	before := p.requests.count()
	// The first turn is waited for: those that follow may pass faster than anybody looks.
	b.kubelet(pod, corev1.PodRunning, false, running, corev1.ContainerState{})
	b.phase("flapping", v1alpha1.StoreDegraded)
	for i := range times - 1 {
		b.kubelet(pod, corev1.PodRunning, i%2 == 0, running, corev1.ContainerState{})
	}
	b.ready("flapping")
	b.quiet(p, "flapping")
	writes := writesOf(p.requests.about("flapping", before))
	if len(writes) > times {
		t.Errorf("%d turns of a pod cost %d writes: %v", times, len(writes), writes)
	}
	for _, write := range writes {
		if write != "PUT /apis/platform.example.io/v1alpha1/stores/flapping/status" {
			t.Errorf("a pod's turn was answered by %s", write)
		}
	}
	for _, reason := range []string{"ProvisioningStarted", "Provisioned", "BecameReady", "Degraded"} {
		b.told(store, reason)
	}
	events, err := b.kube.EventsV1().Events(metav1.NamespaceDefault).List(t.Context(), metav1.ListOptions{FieldSelector: "regarding.uid=" + string(store.UID)})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, event := range events.Items {
		if seen[event.Reason+event.Note]++; seen[event.Reason+event.Note] > 1 {
			t.Errorf("Event %s is there twice: %s", event.Reason, event.Note)
		}
	}
	t.Logf("%d turns: %d writes, %d Events", times, len(writes), len(events.Items))
}

// greedy is a pod that a user adds to a store's namespace.
func greedy() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "greedy"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: ptr.To(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{
				Name: "greedy", Image: "greedy",
				SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Gi")},
					Limits:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Gi")},
				},
			}},
		},
	}
}

// TestQuotaIsUsedUp has a user's pod take what the store's quota grants, before
// the shop does.
func TestQuotaIsUsedUp(t *testing.T) {
	b := newBench(t)
	b.order("used-up", nil)
	pods := b.kube.CoreV1().Pods("store-used-up")
	b.eventually("make the pod", func(ctx context.Context) (bool, string) { // once the namespace has its account
		_, err := pods.Create(ctx, greedy(), metav1.CreateOptions{})
		return err == nil, fmt.Sprint(err)
	})
	b.provision(nil)
	b.condition("used-up", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonQuotaExceeded)
	b.condition("used-up", v1alpha1.ConditionStalled, metav1.ConditionTrue, health.ReasonQuotaExceeded)
	b.phase("used-up", v1alpha1.StoreFailed)
	if err := pods.Delete(t.Context(), "greedy", metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}); err != nil {
		t.Fatal(err)
	}
	b.ready("used-up")
}

// TestNoNodeHasRoom closes every node before a store is ordered.
func TestNoNodeHasRoom(t *testing.T) {
	b := newBench(t)
	open := b.closeNodes()
	b.provision(nil)
	b.order("no-room", nil)
	b.condition("no-room", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonUnschedulable)
	b.condition("no-room", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonUnschedulable)
	open()
	b.ready("no-room")
}

func (b *bench) closeNodes() (open func()) {
	b.t.Helper()
	nodes, err := b.kube.CoreV1().Nodes().List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	set := func(closed bool) {
		for _, node := range nodes.Items {
			if err := b.patch(context.WithoutCancel(b.t.Context()), corev1.SchemeGroupVersion.WithResource("nodes"), "", node.Name,
				fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, closed)); err != nil {
				b.t.Error(err)
			}
		}
	}
	set(true)
	b.t.Cleanup(func() { set(false) })
	return func() { set(false) }
}

// orderSetupThatFails orders a store whose bootstrap Job has given up, and that
// nobody provisions. Its cause is there until it is allowed.
func (b *bench) orderSetupThatFails(name string) (job string, allow func()) {
	b.t.Helper()
	ctx, namespace := b.t.Context(), v1alpha1.NamespacePrefix+name
	b.order(name, nil)
	allow = b.refusePods(namespace, "bootstrap")
	first := b.provision(nil) // not before, or the shop may be set up by now
	b.condition(name, v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonPodsRefused)
	first.stop()

	jobs, err := b.kube.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: labelComponent + "=bootstrap"})
	if err != nil || len(jobs.Items) != 1 {
		b.t.Fatalf("%d bootstrap Jobs, %v", len(jobs.Items), err)
	}
	job = jobs.Items[0].Name
	if _, err := b.kube.BatchV1().Jobs(namespace).Patch(ctx, job, types.MergePatchType, []byte(`{"spec":{"activeDeadlineSeconds":1}}`), metav1.PatchOptions{}); err != nil {
		b.t.Fatal(err)
	}
	b.eventually("the Job gives up", func(ctx context.Context) (bool, string) {
		found, err := b.kube.BatchV1().Jobs(namespace).Get(ctx, job, metav1.GetOptions{})
		return err == nil && finished(found), fmt.Sprint(err, found.Status.Conditions)
	})
	return job, allow
}

// TestBootstrapIsRepeated has the cause of a set-up that gave up go, and nobody know of it.
func TestBootstrapIsRepeated(t *testing.T) {
	b := newBench(t)
	_, allow := b.orderSetupThatFails("repeated")
	allow()
	b.provision(func(o *Options) { o.Clock = lateClock{ahead: 2 * health.BootstrapPatience} })
	b.told(b.ready("repeated"), "BootstrapRepeated")
}

// TestBootstrapJob holds the set-up of a shop up, has it give up, and lets it run
// again as the condition says.
func TestBootstrapJob(t *testing.T) {
	b := newBench(t)
	const namespace = "store-setup"
	job, allow := b.orderSetupThatFails("setup")
	b.provision(nil)
	b.condition("setup", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonBootstrapFailed)
	store := b.phase("setup", v1alpha1.StoreFailed)
	b.told(store, "ProvisioningFailed")

	allow()
	open := b.closeNodes()
	if err := b.kube.BatchV1().Jobs(namespace).Delete(t.Context(), job, metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}); err != nil {
		t.Fatal(err)
	}
	b.condition("setup", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonUnschedulable)
	release := b.hold(namespace, "bootstrap")
	open()
	b.condition("setup", v1alpha1.ConditionBootstrapComplete, metav1.ConditionFalse, health.ReasonBootstrapRunning)
	release()
	b.condition("setup", v1alpha1.ConditionBootstrapComplete, metav1.ConditionTrue, health.ReasonReady)
	b.ready("setup")
}

// hold has a component's pod, which waits for a node, run without becoming ready
// or coming to its end until it is released.
func (b *bench) hold(namespace, component string) (release func()) {
	b.t.Helper()
	for _, pod := range b.pods(namespace, component) {
		if pod.Spec.NodeName != "" || pod.DeletionTimestamp != nil {
			continue
		}
		annotate := func(value string) {
			if err := b.patch(b.t.Context(), corev1.SchemeGroupVersion.WithResource("pods"), namespace, pod.Name,
				`{"metadata":{"annotations":{"localcluster.example.io/fail":`+value+`}}}`); err != nil {
				b.t.Fatal(err)
			}
		}
		annotate(`"Unready"`)
		return func() { annotate("null") }
	}
	b.t.Fatalf("no pod of %s waits for a node in %s", component, namespace)
	return nil
}

// TestVolumeIsLost takes the volume from under a claim, and brings it back.
func TestVolumeIsLost(t *testing.T) {
	b := newBench(t)
	b.provision(nil)
	b.order("lost", nil)
	b.ready("lost")
	claim, err := b.kube.CoreV1().PersistentVolumeClaims("store-lost").Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	volumes := b.kube.CoreV1().PersistentVolumes()
	volume, err := volumes.Get(t.Context(), claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := volumes.Delete(t.Context(), volume.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := b.patch(t.Context(), corev1.SchemeGroupVersion.WithResource("persistentvolumes"), "", volume.Name, `{"metadata":{"finalizers":null}}`); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	b.condition("lost", v1alpha1.ConditionDatabaseReady, metav1.ConditionFalse, health.ReasonClaimLost)
	b.condition("lost", v1alpha1.ConditionStalled, metav1.ConditionTrue, health.ReasonClaimLost)
	b.phase("lost", v1alpha1.StoreDegraded)
	restored := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: volume.Name, Labels: volume.Labels, Annotations: volume.Annotations}, Spec: volume.Spec}
	if _, err := volumes.Create(t.Context(), restored, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.ready("lost")
}
