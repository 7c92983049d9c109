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
	seen map[types.UID]vouching
}

type vouching struct {
	at      time.Time
	secrets string
	marks   map[string]string
}

func newVouched() *vouched { return &vouched{seen: map[types.UID]vouching{}} }

func (v *vouched) holds(now time.Time, w *work, longest time.Duration) (marks map[string]string, holds bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen, found := v.seen[w.store.UID]
	return seen.marks, found && seen.secrets == secretsOf(w) && now.Sub(seen.at) < longest
}

func (v *vouched) remember(now time.Time, w *work) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen[w.store.UID] = vouching{now, secretsOf(w), w.marks}
}

func (v *vouched) forget(uid types.UID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.seen, uid)
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
