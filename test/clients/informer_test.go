package clients

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

// TestInformers has every client that watches live through kills of both API
// servers, and through deletions that happen while there is nobody to tell of
// them. Each ends with exactly what is there, in its cache and by its events.
func TestInformers(t *testing.T) {
	t.Parallel()
	options, err := platformOptions()
	if err != nil {
		t.Fatal(err)
	}
	auditLog := filepath.Join(t.TempDir(), "audit.log")
	policy, err := filepath.Abs(filepath.Join("testdata", "audit-policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	options.Components = []string{controlplane.Etcd, controlplane.KubeAPIServer, controlplane.ControllerManager}
	options.Nodes = controlplane.NoNodes
	options.PlatformArgs = []string{
		"--provisioner=off", "--provisioner-kubeconfig=",
		"--audit-policy-file=" + policy, "--audit-log-path=" + auditLog,
	}
	own := controlplane.Start(t, options)
	crowd := &crowd{
		t:      t,
		stores: versioned.NewForConfigOrDie(own.RESTConfig()).PlatformV1alpha1().Stores(),
		kube:   kubernetes.NewForConfigOrDie(own.RESTConfig()),
	}
	crowd.create(0, 20)

	all := watchers(t, own)
	crowd.agree(all)
	for _, w := range all {
		// Nothing has gone wrong yet: each has begun once, in its own way. The watch after a
		// list, and the log's line about it, may come after what was listed is held.
		eventually(t, w.name+" has begun", func(context.Context) error {
			got, want := audited(t, auditLog, w.agent), asked{Lists: 1, Watches: 1}
			switch {
			case w.streams:
				want = asked{Streams: 1}
			case w.name == "node":
				want.Watches = got.Watches // it ends those that are quiet, and begins others
			}
			if got != want {
				return fmt.Errorf("it made %v, want %v", got, want)
			}
			return nil
		})
	}

	var busy sync.WaitGroup
	busy.Go(func() { crowd.create(20, 70) })
	busy.Go(func() { crowd.rename(0, 10) })
	crowd.until(20 + 15)
	own.Kill(t, controlplane.Platform)
	busy.Go(func() { crowd.remove(10, 15) })
	crowd.until(20 + 40)
	own.Kill(t, controlplane.KubeAPIServer)
	busy.Wait()
	own.WaitReady(t)
	crowd.untilGone(10, 15)
	crowd.agree(all)

	// Deletions that no server of ours ever sees.
	pid, err := own.PID(controlplane.Platform)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	crowd.erase(30, 40)
	own.Kill(t, controlplane.Platform)
	own.WaitReady(t)
	crowd.agree(all)

	own.Kill(t, controlplane.KubeAPIServer)
	own.WaitReady(t)
	crowd.remove(40, 45)
	crowd.create(70, 75)
	crowd.untilGone(40, 45)
	crowd.agree(all)

	for _, w := range all {
		state, err := w.state()
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Faults) > 0 || state.Added < 75 || state.Updated == 0 || state.Deleted < 20 {
			t.Errorf("%s heard of %d additions, %d updates, %d deletions, and had to object to %v",
				w.name, state.Added, state.Updated, state.Deleted, state.Faults)
		}
		if got := audited(t, auditLog, w.agent); !w.streams && (got.Streams > 0 || got.Lists < 2) {
			t.Errorf("%s, which lists anew when it is told that its version has gone, made %v", w.name, got)
		}
	}
}

// crowd is many stores, by number.
type crowd struct {
	t      testing.TB
	stores storesclient.StoreInterface
	kube   kubernetes.Interface

	mu   sync.Mutex
	done int
}

func (c *crowd) name(i int) string { return fmt.Sprintf("crowd-%03d", i) }

func (c *crowd) create(from, to int) {
	c.insist("create", from, to, func(ctx context.Context, name string) error {
		_, err := c.stores.Create(ctx, &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "medusa"}}, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil // the answer to an earlier attempt was lost
		}
		return err
	})
}

func (c *crowd) rename(from, to int) {
	c.insist("rename", from, to, func(ctx context.Context, name string) error {
		_, err := c.stores.Patch(ctx, name, types.MergePatchType, []byte(`{"spec":{"displayName":"Renamed"}}`), metav1.PatchOptions{})
		return err
	})
}

func (c *crowd) remove(from, to int) {
	c.insist("delete", from, to, func(ctx context.Context, name string) error {
		if err := c.stores.Delete(ctx, name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	})
}

// untilGone waits until what was removed is.
func (c *crowd) untilGone(from, to int) {
	c.t.Helper()
	eventually(c.t, "what was deleted is gone", func(ctx context.Context) error {
		var left []string
		for i := from; i < to; i++ {
			if _, err := c.stores.Get(ctx, c.name(i), metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				left = append(left, fmt.Sprintf("%s (%v)", c.name(i), err))
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("there is %q", left)
		}
		return nil
	})
}

// erase deletes behind the platform's back: the namespaces themselves, and at
// once, because the controller that does so asks every API server first.
func (c *crowd) erase(from, to int) {
	namespaces := c.kube.CoreV1().Namespaces()
	c.insist("erase", from, to, func(ctx context.Context, store string) error {
		name := v1alpha1.NamespacePrefix + store
		if err := namespaces.Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return err
		}
		found, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err == nil {
			found.Spec.Finalizers = nil
			_, err = namespaces.Finalize(ctx, found, metav1.UpdateOptions{})
		}
		return errors.Join(err, errors.New("it was still there"))
	})
}

// insist does something with each until it is done: servers die meanwhile.
func (c *crowd) insist(what string, from, to int, try func(ctx context.Context, name string) error) {
	for i := from; i < to; i++ {
		var last error
		err := wait.PollUntilContextTimeout(c.t.Context(), 20*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			last = try(ctx, c.name(i))
			return last == nil, nil
		})
		if err != nil {
			c.t.Errorf("%s %s: %v", what, c.name(i), errors.Join(err, last))
		}
		c.mu.Lock()
		c.done++
		c.mu.Unlock()
	}
}

// until waits until so much is done of all that there is to do.
func (c *crowd) until(count int) {
	c.t.Helper()
	eventually(c.t, fmt.Sprintf("%d things are done", count), func(context.Context) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.done < count {
			return fmt.Errorf("%d are", c.done)
		}
		return nil
	})
}

// agree waits until every client holds exactly what is there.
func (c *crowd) agree(all []*watcher) {
	c.t.Helper()
	for _, w := range all {
		eventually(c.t, w.name+" has exactly what is there", func(ctx context.Context) error {
			list, err := c.stores.List(ctx, metav1.ListOptions{})
			if err != nil {
				return err
			}
			want := []identity{}
			for _, store := range list.Items {
				want = append(want, identify(&store))
			}
			state, err := w.state()
			if err != nil {
				return err
			}
			if diff := cmp.Diff(sorted(want), state.Cache); diff != "" {
				return errors.New("cache (-want +got):\n" + diff)
			}
			if diff := cmp.Diff(want, state.Handled); diff != "" {
				return errors.New("events (-want +got):\n" + diff)
			}
			return nil
		})
	}
}
