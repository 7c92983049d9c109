package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// notReady has the simulated node take a pod for one whose readiness probe fails.
const notReady = "localcluster.example.io/fail"

// kubelet runs a process for each of the platform's pods, as long as there is the pod.
type kubelet struct {
	t   testing.TB
	ctx context.Context
	dir string

	mu       sync.Mutex
	address  int
	pods     map[types.UID]*process
	services map[string]*service
	running  sync.WaitGroup
}

// startKubelet works until the test ends, and then ends every process.
func startKubelet(t testing.TB) *kubelet {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	k := &kubelet{t: t, ctx: ctx, dir: t.TempDir(), pods: map[types.UID]*process{}, services: map[string]*service{}}
	factory := informers.NewSharedInformerFactoryWithOptions(kube, 0, informers.WithNamespace(namespace))
	pods := factory.Core().V1().Pods().Informer()
	services := factory.Core().V1().Services().Informer()
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandlerFuncs{
		pods:     {AddFunc: k.podSeen, UpdateFunc: func(_, pod any) { k.podSeen(pod) }, DeleteFunc: k.podGone},
		services: {AddFunc: k.serviceSeen, DeleteFunc: k.serviceGone},
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			t.Fatal(err)
		}
	}
	factory.Start(ctx.Done())
	begun(t, factory.WaitForCacheSync)
	t.Cleanup(func() {
		cancel()
		factory.Shutdown()
		k.mu.Lock()
		for _, service := range k.services {
			service.close()
		}
		k.mu.Unlock()
		k.running.Wait()
		if t.Failed() {
			t.Log(k.logs(3 << 10))
		}
	})
	return k
}

func (k *kubelet) podSeen(object any) {
	pod := object.(*corev1.Pod)
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.pods[pod.UID]
	switch {
	case pod.DeletionTimestamp != nil:
		if known != nil {
			known.end()
		}
	case known == nil && pod.Spec.NodeName != "":
		k.address++
		known = &process{
			kubelet: k, pod: pod, address: fmt.Sprintf("%s.0.%d", podPrefix, k.address),
			dir: filepath.Join(k.dir, pod.Name), ended: make(chan struct{}),
		}
		k.pods[pod.UID] = known
		k.running.Go(func() {
			known.run()
			known.gone.Store(true)
		})
	}
}

func (k *kubelet) podGone(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.pods[object.(*corev1.Pod).UID]; known != nil {
		known.end()
	}
}

func (k *kubelet) serviceSeen(object any) {
	of := object.(*corev1.Service)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.services[of.Name] == nil && k.ctx.Err() == nil {
		k.services[of.Name] = listen(k, of)
	}
}

func (k *kubelet) serviceGone(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	name := object.(*corev1.Service).Name
	if gone := k.services[name]; gone != nil {
		gone.close()
		delete(k.services, name)
	}
}

// ready is where the ready pods of a Service listen, in an order that stays.
func (k *kubelet) ready(of *corev1.Service) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var addresses []string
	for _, p := range k.pods {
		if p.serving() && selects(of.Spec.Selector, p.pod.Labels) {
			addresses = append(addresses, net.JoinHostPort(p.address, fmt.Sprint(p.pod.Spec.Containers[0].Ports[0].ContainerPort)))
		}
	}
	slices.Sort(addresses)
	return addresses
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

// tell has the simulated node take the pod for ready, or for not.
func (k *kubelet) tell(pod *corev1.Pod, ready bool) error {
	value := `"Unready"`
	if ready {
		value = "null"
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, notReady, value)
	ctx, cancel := context.WithTimeout(k.ctx, 10*time.Second)
	defer cancel()
	_, err := kube.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if apierrors.IsNotFound(err) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// count is how many pods there were of a component of which something holds.
func (k *kubelet) count(component string, holds func(*process) bool) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	count := 0
	for _, p := range k.pods {
		if p.pod.Labels["app.kubernetes.io/component"] == component && holds(p) {
			count++
		}
	}
	return count
}

// logs are the ends of all processes' logs.
func (k *kubelet) logs(bytes int) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out strings.Builder
	for _, p := range k.pods {
		fmt.Fprintf(&out, "==> %s\n%s\n", p.pod.Name, tail(p.logPath(), bytes))
	}
	return out.String()
}
