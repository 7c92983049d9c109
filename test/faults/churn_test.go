package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	storesclient "platform.example.io/stores/pkg/generated/clientset/versioned/typed/stores/v1alpha1"
)

// users is how many people order and change stores at once.
const users = 8

// churn plays scripts.
type churn struct {
	stores  storesclient.StoreInterface
	scripts []*script
	done    atomic.Int64
}

// promise is what the API has acknowledged of one store.
type promise struct {
	*script
	want       v1alpha1.StoreSpec
	uid        types.UID
	generation int64
	gone       bool
}

// play plays all scripts, several at once, in an order that the seed gives, and
// returns what was acknowledged. during runs meanwhile.
func (c *churn) play(t testing.TB, seed uint64, during func()) []*promise {
	t.Helper()
	promises := make([]*promise, len(c.scripts))
	var workers sync.WaitGroup
	defer workers.Wait() // also if during ends the test
	for user := range users {
		workers.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(2+user)))
			var mine []*promise
			for i := user; i < len(c.scripts); i += users {
				promises[i] = &promise{script: c.scripts[i], want: c.scripts[i].spec}
				mine = append(mine, promises[i])
			}
			c.work(t, dice, mine)
		})
	}
	during()
	workers.Wait()
	return promises
}

// work takes a step of any of its stores until none is left.
func (c *churn) work(t testing.TB, dice *rand.Rand, mine []*promise) {
	at := make([]int, len(mine))
	for {
		var open []int
		for i, p := range mine {
			if at[i] < len(p.steps) {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return
		}
		// Two shops at a time: with all of them begun at once none would be
		// removed or changed before the last kill.
		i := open[dice.IntN(min(2, len(open)))]
		c.take(t, dice, mine[i], mine[i].steps[at[i]])
		at[i]++
		c.done.Add(1)
	}
}

// take takes a step, as often as it needs: an attempt whose answer was lost is
// made again, as any client does.
func (c *churn) take(t testing.TB, dice *rand.Rand, p *promise, s step) {
	byPatch := dice.IntN(2) == 0
	insist(t, s.name+" "+p.name, func(ctx context.Context) error {
		switch {
		case s.name == stepOrder:
			return c.order(ctx, p)
		case s.name == stepAwait:
			return c.settled(ctx, p)
		case s.name == stepRemove:
			return c.remove(ctx, p)
		default:
			return c.change(ctx, p, s, byPatch)
		}
	})
}

func (c *churn) order(ctx context.Context, p *promise) error {
	answer, err := c.stores.Create(ctx, &v1alpha1.Store{ObjectMeta: metav1.ObjectMeta{Name: p.name}, Spec: p.want}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		// An earlier attempt of this test: nobody else uses the name.
		answer, err = c.stores.Get(ctx, p.name, metav1.GetOptions{})
	}
	if err != nil {
		return err
	}
	return p.acknowledge(answer, p.want)
}

func (c *churn) change(ctx context.Context, p *promise, s step, byPatch bool) error {
	want := *p.want.DeepCopy()
	s.change(&want)
	if byPatch {
		answer, err := c.stores.Patch(ctx, p.name, types.MergePatchType, []byte(s.patch), metav1.PatchOptions{})
		if err != nil {
			return err
		}
		return p.acknowledge(answer, want)
	}
	store, err := c.stores.Get(ctx, p.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	store.Spec = want
	answer, err := c.stores.Update(ctx, store, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	return p.acknowledge(answer, want)
}

func (c *churn) remove(ctx context.Context, p *promise) error {
	err := c.stores.Delete(ctx, p.name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &p.uid}})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	p.gone = true
	return nil
}

func (c *churn) settled(ctx context.Context, p *promise) error {
	store, err := c.stores.Get(ctx, p.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return unsettled(store)
}

// acknowledge keeps an answer as a promise. One that does not say what was
// written is a lie, and no other attempt would heal that.
func (p *promise) acknowledge(answer *v1alpha1.Store, want v1alpha1.StoreSpec) error {
	if text(answer.Spec) != text(want) {
		return &final{fmt.Errorf("acknowledged with spec %s, written was %s", text(answer.Spec), text(want))}
	}
	if p.uid != "" && answer.UID != p.uid {
		return &final{fmt.Errorf("it is another store: its uid was %s and is %s", p.uid, answer.UID)}
	}
	if answer.Generation < p.generation {
		return &final{fmt.Errorf("generation %d was acknowledged, now %d is", p.generation, answer.Generation)}
	}
	p.want, p.uid, p.generation = want, answer.UID, answer.Generation
	return nil
}

func text(spec v1alpha1.StoreSpec) string {
	data, err := json.Marshal(spec)
	if err != nil {
		panic(err) // it was made or decoded here
	}
	return string(data)
}
