package provisioner

import (
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// vouched remembers for which stores all Secrets were seen, and the marks of these.
type vouched struct {
	mu   sync.Mutex
	seen map[string]vouching // by the store's name
}

type vouching struct {
	uid     types.UID
	at      time.Time
	secrets string
	marks   map[string]string
}

func newVouched() *vouched { return &vouched{seen: map[string]vouching{}} }

func (v *vouched) holds(now time.Time, w *work, longest time.Duration) (marks map[string]string, holds bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := v.seen[w.store.Name]
	return seen.marks, seen.uid == w.store.UID && seen.secrets == secretsOf(w) && now.Sub(seen.at) < longest
}

func (v *vouched) remember(now time.Time, w *work) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen[w.store.Name] = vouching{w.store.UID, now, secretsOf(w), w.marks}
}

func (v *vouched) forget(store string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.seen, store)
}

// begin is for a new term of office: another provisioner may have seen other values
// meanwhile, and had the pods that read them replaced.
func (v *vouched) begin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.seen)
}

// secretsOf names all keys that the release needs, and the rotation asked for.
func secretsOf(w *work) string {
	names := []string{w.store.Spec.AdminCredentialsRotation}
	for _, secret := range w.release.Secrets {
		for _, key := range secret.Data {
			names = append(names, secret.Name+"/"+key.Key)
		}
	}
	return strings.Join(names, " ")
}
