package storefront

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	clocktesting "k8s.io/utils/clock/testing"

	"platform.example.io/stores/pkg/health"
)

// patience bounds every wait; a test that works waits far less.
const patience = time.Minute

// bench is a prober at work, whose clock stands still unless it is told to go on.
type bench struct {
	*Prober
	t       *testing.T
	clock   *clocktesting.FakeClock
	changes chan news
}

// news is what was to be seen when a change was told.
type news struct {
	store    string
	outcome  health.Outcome
	failures int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktesting.NewFakeClock(time.Now())
	b := &bench{t: t, clock: clock, changes: make(chan news, 100)}
	b.Prober = New(Options{Clock: clock, Changed: func(store string) {
		answer, failures := b.Seen(store)
		b.changes <- news{store, answer.Outcome, failures}
	}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return b
}

// changed waits for news, with time going on.
func (b *bench) changed(want news) {
	b.t.Helper()
	err := wait.PollUntilContextTimeout(b.t.Context(), time.Millisecond, patience, true, func(context.Context) (bool, error) {
		select {
		case got := <-b.changes:
			if got != want {
				b.t.Errorf("news %v, want %v", got, want)
			}
			return true, nil
		default:
			b.clock.Step(time.Second)
			return false, nil
		}
	})
	if err != nil {
		b.t.Fatalf("no news, want %v: %v", want, err)
	}
}

// moody is a shop that answers with a status that can be changed.
func moody(t *testing.T, status *atomic.Int32, asked *atomic.Int32) netip.AddrPort {
	t.Helper()
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(int(status.Load()))
	}))
}

// TestProber takes a shop from no answer to a good one, to failures and back, and
// wants to hear of each change, of the failure that counts, and of nothing else.
func TestProber(t *testing.T) {
	b := newBench(t)
	var status, asked atomic.Int32
	status.Store(200)
	shop := target(moody(t, &status, &asked))
	b.Watch(shop, false)
	b.changed(news{"acme", health.Answered, 0})

	b.Watch(shop, false) // again, as each reconcile does
	status.Store(500)
	b.changed(news{"acme", health.Unexpected, 1})
	b.changed(news{"acme", health.Unexpected, health.StorefrontPatience})
	status.Store(200)
	b.changed(news{"acme", health.Answered, 0})
	if got := asked.Load(); got < 5 {
		t.Errorf("asked %d times, want at least as often as the answers that were noted", got)
	}
	select {
	case got := <-b.changes:
		t.Errorf("news %v, although nothing changed", got)
	default:
	}
}

// TestProberMoves has a shop's address change: the old answer counts until there is one
// from the new address, and that of the old comes too late.
func TestProberMoves(t *testing.T) {
	b := newBench(t)
	arrived, leave := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-leave
	}))
	t.Cleanup(server.Close)
	b.Watch(target(netip.MustParseAddrPort(server.Listener.Addr().String())), false)
	<-arrived
	var status, asked atomic.Int32
	status.Store(503)
	b.Watch(target(moody(t, &status, &asked)), false)
	if answer, _ := b.Seen("acme"); answer != nil {
		t.Errorf("an answer before there was one: %+v", answer)
	}
	close(leave)
	b.changed(news{"acme", health.Unexpected, 1})
}

// TestProberForgets wants no answer of a shop that is not watched any more.
func TestProberForgets(t *testing.T) {
	b := newBench(t)
	var status, asked atomic.Int32
	status.Store(200)
	shop := target(moody(t, &status, &asked))
	b.Watch(shop, false)
	b.changed(news{"acme", health.Answered, 0})
	b.Forget("acme")
	if answer, failures := b.Seen("acme"); answer != nil || failures != 0 {
		t.Errorf("a forgotten shop answered %+v, %d", answer, failures)
	}
	before := asked.Load()
	other := shop
	other.Store = "other"
	for range 10 { // far more than the pause: the other is asked, the forgotten one is not
		b.clock.Step(DefaultInterval)
	}
	b.Watch(other, false)
	b.changed(news{"other", health.Answered, 0})
	if got := asked.Load(); got != before+1 {
		t.Errorf("a forgotten shop was asked %d times", got-before-1)
	}
}

// TestProberTakesOver wants a shop that answered under another leader to be asked
// in its turn, and one that did not at once.
func TestProberTakesOver(t *testing.T) {
	b := newBench(t)
	var status, asked atomic.Int32
	status.Store(200)
	address := moody(t, &status, &asked)
	calm, urgent := target(address), target(address)
	calm.Store, urgent.Store = "calm", "urgent"
	b.Watch(calm, true)
	b.Watch(urgent, false)
	// The clock stands still: only what is to be asked at once is.
	select {
	case got := <-b.changes:
		if got.store != "urgent" {
			t.Errorf("store %s was asked at once", got.store)
		}
	case <-time.After(patience):
		t.Fatal("nobody was asked")
	}
	b.changed(news{"calm", health.Answered, 0})
}

// TestProberStops wants the end to be heeded while a shop keeps everybody waiting, and
// no answer made of it.
func TestProberStops(t *testing.T) {
	arrived := make(chan struct{}, 1)
	address := speak(t, func(conn net.Conn) {
		arrived <- struct{}{}
		hold(conn)
	})
	p := New(Options{Changed: func(store string) { t.Errorf("news of store %s, which never answered", store) }})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	p.Watch(target(address), false)
	<-arrived
	stop()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("asking did not stop")
	}
	if answer, _ := p.Seen("acme"); answer != nil {
		t.Errorf("seen %+v of a shop that never answered", answer)
	}
}

func TestPause(t *testing.T) {
	for failures, last := 1, time.Duration(0); failures < 100; failures++ {
		got := pause(failures, DefaultInterval)
		if got < last || got < pauseFirst || got > DefaultInterval {
			t.Errorf("pause after %d failures is %s, after one less %s", failures, got, last)
		}
		last = got
	}
	if got := pause(0, DefaultInterval); got != DefaultInterval {
		t.Errorf("pause after a good answer is %s", got)
	}
}
