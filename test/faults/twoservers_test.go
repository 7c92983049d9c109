package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

const (
	// killRounds is how often a server dies in TestTwoServers.
	killRounds = 4
	// writers write at once, and each so much between two deaths.
	writers        = 4
	writesPerRound = 25
)

// TestTwoServers kills the one of two API servers that serves, several times,
// while clients write and watch through the aggregation layer.
func TestTwoServers(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		args         []string
		spread       bool
	}{
		{name: "one connection", reason: "kube-apiserver speaks HTTP/2 to an API service: one server has everything, and its death moves everything"},
		{name: "many connections", reason: "HTTP/1.1 spreads requests: what one server acknowledges, the other must serve", args: []string{"--disable-http2-serving"}, spread: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, shape{servers: 2, serverArgs: c.args, options: controlplane.Options{
				Nodes:      controlplane.NoNodes,
				Components: []string{controlplane.Etcd, controlplane.KubeAPIServer, controlplane.ControllerManager},
			}})
			watcher := watchStores(t, p)
			l := &load{p: p, t: t, limit: new(atomic.Int64)}
			var working sync.WaitGroup
			defer working.Wait() // also if the test ends early
			for writer := range writers {
				working.Go(func() { l.write(writer) })
			}
			killed := map[int]bool{}
			for round := range killRounds {
				l.limit.Store(int64(writesPerRound * (round + 1)))
				l.until(t, writers*writesPerRound*round+writers*writesPerRound/2)
				busy, asked := p.balancer.busiest()
				t.Logf("round %d: the servers were asked %v bytes, %d is killed", round, asked, busy)
				if c.spread && round == 0 && slices.Contains(asked, 0) {
					t.Errorf("one server was asked nothing: %s", c.reason)
				}
				killed[busy] = true
				p.servers[busy].kill(t)
			}
			l.until(t, writers*writesPerRound*killRounds)
			working.Wait()
			if !c.spread && len(killed) != 2 {
				t.Errorf("only servers %v were killed and not both: %s", slices.Collect(maps.Keys(killed)), c.reason)
			}
			l.verify(watcher)
		})
	}
}

// load is several writers, each with stores of its own.
type load struct {
	p     *platform
	t     testing.TB
	limit *atomic.Int64 // writes that each writer may have made by now
	done  atomic.Int64

	mu    sync.Mutex
	acked map[string]string // display name by store, "" once it is deleted
}

// until waits until so many writes are acknowledged.
func (l *load) until(t testing.TB, count int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d writes are acknowledged", count), func(context.Context) error {
		if done := l.done.Load(); done < int64(count) {
			return fmt.Errorf("%d are", done)
		}
		return nil
	})
}

// write creates, changes and deletes stores in turn: of five writes two create,
// two change what is there and one deletes.
func (l *load) write(writer int) {
	var mine []string
	for n := range writesPerRound * killRounds {
		insist(l.t, fmt.Sprintf("write %d may be made", n), func(context.Context) error {
			if int64(n) >= l.limit.Load() {
				return errors.New("not in this round")
			}
			return nil
		})
		switch n % 5 {
		case 0, 2:
			name := fmt.Sprintf("ha-%d-%03d", writer, n)
			l.create(name, fmt.Sprint(n))
			mine = append(mine, name)
		case 1, 3:
			l.change(mine[n/5%len(mine)], fmt.Sprint(n))
		case 4:
			l.remove(mine[0])
			mine = mine[1:]
		}
		l.done.Add(1)
	}
}

func (l *load) create(name, text string) {
	insist(l.t, "create "+name, func(ctx context.Context) error {
		store := &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.StoreSpec{Engine: "medusa", DisplayName: text}}
		_, err := l.p.stores.Create(ctx, store, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil // the answer to an earlier attempt was lost
		}
		return err
	})
	l.acknowledge(name, text)
}

func (l *load) change(name, text string) {
	insist(l.t, "change "+name, func(ctx context.Context) error {
		store, err := l.p.stores.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return &final{err} // its create was acknowledged
		}
		if err != nil {
			return err
		}
		store.Spec.DisplayName = text
		_, err = l.p.stores.Update(ctx, store, metav1.UpdateOptions{})
		return err
	})
	l.acknowledge(name, text)
}

func (l *load) remove(name string) {
	insist(l.t, "delete "+name, func(ctx context.Context) error {
		if err := l.p.stores.Delete(ctx, name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
			return err
		}
		return nil
	})
	l.acknowledge(name, "")
}

func (l *load) acknowledge(name, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acked == nil {
		l.acked = map[string]string{}
	}
	l.acked[name] = text
}

// verify compares what is there, and what the informer holds and was told, with
// what was acknowledged.
func (l *load) verify(w *watcher) {
	l.t.Helper()
	want := map[string]string{}
	for name, text := range l.acked {
		if text != "" {
			want[name] = text
		}
	}
	// versions are the truth to the letter.
	versions := map[string]string{}
	eventually(l.t, "exactly what was acknowledged is there", func(ctx context.Context) error {
		list, err := l.p.stores.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		found := map[string]string{}
		clear(versions)
		for _, store := range list.Items {
			found[store.Name], versions[store.Name] = store.Spec.DisplayName, string(store.UID)+" "+store.ResourceVersion
		}
		if diff := cmp.Diff(want, found); diff != "" {
			return errors.New("(-acknowledged +found):\n" + diff)
		}
		return nil
	})
	for how, look := range map[string]func() (map[string]string, error){
		"holds":    func() (map[string]string, error) { return w.held(), nil },
		"was told": w.told,
	} {
		eventually(l.t, "the informer "+how+" exactly what is there", func(context.Context) error {
			got, err := look()
			if err != nil {
				return err
			}
			if diff := cmp.Diff(versions, got); diff != "" {
				return errors.New("(-want +got):\n" + diff)
			}
			return nil
		})
	}
	// A store may be made and deleted between two relists unseen; whoever was
	// told of it must have been told of its end, which w.told has shown.
	if len(w.deleted) == 0 {
		l.t.Error("the informer saw no delete: this test does not see them")
	}
}
