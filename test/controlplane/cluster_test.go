package controlplane_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/google/go-cmp/cmp"

	"platform.example.io/stores/test/controlplane"
)

var shared *controlplane.Cluster

func TestMain(m *testing.M) {
	if os.Getenv(hangVariable) != "" {
		hang()
	}
	os.Exit(controlplane.Main(m, controlplane.Options{}, func(c *controlplane.Cluster) { shared = c }))
}

func TestWorkloadsBecomeReadyAndFailOnDemand(t *testing.T) {
	run(t, "create", "namespace", "work")
	work := func(args ...string) string { t.Helper(); return run(t, append(args, "--namespace=work")...) }
	work("apply", "--filename=testdata/workloads.yaml")
	work("wait", "--for=condition=Available", "deployment/web", "--timeout=2m")
	work("wait", "--for=jsonpath={.status.readyReplicas}=1", "statefulset/database", "--timeout=2m")
	work("wait", "--for=condition=Complete", "job/setup", "--timeout=2m")
	work("wait", "--for=jsonpath={.status.phase}=Bound", "persistentvolumeclaim/data", "--timeout=2m")

	work("patch", "persistentvolumeclaim/data", `--patch={"spec":{"resources":{"requests":{"storage":"2Gi"}}}}`)
	work("wait", "--for=jsonpath={.status.capacity.storage}=2Gi", "persistentvolumeclaim/data", "--timeout=2m")

	pod := strings.TrimSpace(work("get", "pods", "--selector=app=database", "--output=name"))
	const waiting, last = "{.status.containerStatuses[0].state.waiting.reason}", "{.status.containerStatuses[0].lastState.terminated.reason}"
	for _, failure := range []struct{ value, path, want string }{
		{value: "ImagePullBackOff", path: waiting, want: "ImagePullBackOff"},
		{value: "CrashLoopBackOff", path: waiting, want: "CrashLoopBackOff"},
		{value: "OOMKilled", path: last, want: "OOMKilled"},
		{value: "Unready", path: `{.status.conditions[?(@.type=="Ready")].status}`, want: "False"},
	} {
		work("annotate", pod, "localcluster.example.io/fail="+failure.value)
		work("wait", "--for=jsonpath="+failure.path+"="+failure.want, pod, "--timeout=2m")
		work("wait", "--for=condition=Ready=false", pod, "--timeout=2m")
		work("annotate", pod, "localcluster.example.io/fail-")
		work("wait", "--for=condition=Ready", pod, "--timeout=2m")
	}
	run(t, "delete", "namespace", "work", "--timeout=2m")
	untilNoVolumeIsLeft(t, "work")
}

// TestNodesStayAlive waits for a heartbeat of each node. Without them the nodes
// are given up five minutes after the start, and all their pods with them.
func TestNodesStayAlive(t *testing.T) {
	t.Parallel()
	client := clientFor(t, shared.RESTConfig())
	heartbeats := func(ctx context.Context) map[string]time.Time {
		nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil
		}
		last := map[string]time.Time{}
		for _, node := range nodes.Items {
			for _, condition := range node.Status.Conditions {
				if condition.Type == corev1.NodeReady {
					last[node.Name] = condition.LastHeartbeatTime.Time
				}
			}
		}
		return last
	}
	first := heartbeats(t.Context())
	if len(first) == 0 {
		t.Fatal("there are no nodes")
	}
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, 4*time.Minute, false, func(ctx context.Context) (bool, error) {
		now := heartbeats(ctx)
		for node, at := range first {
			if !now[node].After(at) {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		t.Errorf("a node has no heartbeat after its first: %v", err)
	}
}

func TestUserHasItsNameAndGroupsAndNoMoreRights(t *testing.T) {
	client := clientFor(t, shared.UserConfig(t, "system:serviceaccount:shop:builder", "system:serviceaccounts", "agency"))
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := authenticationv1.UserInfo{
		Username: "system:serviceaccount:shop:builder",
		Groups:   []string{"agency", "system:authenticated", "system:serviceaccounts"},
	}
	got := review.Status.UserInfo
	slices.Sort(got.Groups) // a set
	if diff := cmp.Diff(want, authenticationv1.UserInfo{Username: got.Username, Groups: got.Groups}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := client.CoreV1().Secrets("kube-system").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("got %v, want forbidden", err)
	}
}

func TestKilledComponentsComeBack(t *testing.T) {
	client := clientFor(t, shared.RESTConfig())
	kept := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}
	if _, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), kept, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, component := range []string{controlplane.KubeAPIServer, controlplane.Etcd, controlplane.ControllerManager, controlplane.Kwok} {
		before, err := shared.PID(component)
		if err != nil {
			t.Fatal(err)
		}
		shared.Kill(t, component)
		shared.WaitReady(t)
		if after, err := shared.PID(component); err != nil || after == before {
			t.Errorf("%s has process id %d (%v), and had %d", component, after, err, before)
		}
	}
	if _, err := client.CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestBareClusterWritesNothingByItself(t *testing.T) {
	bare := controlplane.Start(t, controlplane.Options{
		Bare:       true,
		Components: []string{controlplane.Etcd, controlplane.KubeAPIServer},
	})
	client := clientFor(t, bare.RESTConfig())
	var versions []string
	for i := range 50 {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("write-", i)}}
		created, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, created.ResourceVersion)
	}
	var first int
	if _, err := fmt.Sscan(versions[0], &first); err != nil {
		t.Fatal(err)
	}
	for i, version := range versions {
		if want := fmt.Sprint(first + i); version != want {
			t.Fatalf("write %d got version %s, want %s: something else wrote", i, version, want)
		}
	}
}

func TestDataOutlivesACluster(t *testing.T) {
	options := controlplane.Options{
		Dir:        t.TempDir(),
		Components: []string{controlplane.Etcd, controlplane.KubeAPIServer},
	}
	first, err := controlplane.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}
	_, err = clientFor(t, first.RESTConfig()).CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{})
	if stopped := first.Stop(); err != nil || stopped != nil {
		t.Fatal(err, stopped)
	}
	second := controlplane.Start(t, options)
	if _, err := clientFor(t, second.RESTConfig()).CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestFailedStartSaysWhy(t *testing.T) {
	c, err := controlplane.Run(t.Context(), controlplane.Options{KubeAPIServerArgs: []string{"--no-such-flag"}})
	if err == nil {
		c.Stop()
		t.Fatal("it succeeds")
	}
	if want := "unknown flag: --no-such-flag"; !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

func run(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := shared.Kubectl(t, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
	}
	return stdout
}

func clientFor(t *testing.T, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
