package provisioner

import (
	"slices"
	"strings"

	"k8s.io/client-go/tools/cache"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// hostConflicts are the hosts of a store that an older one wants too. The API
// refuses that on write; two writes can still race. The older store keeps the
// host; the other is routed by its remaining hosts and says HostConflict.
func (p *Provisioner) hostConflicts(store *v1alpha1.Store) []health.Conflict {
	var conflicts []health.Conflict
	for _, host := range store.Spec.Hosts {
		for _, rival := range p.caches.storesWanting(host) {
			if rival.UID != store.UID && precedes(rival, store) {
				conflicts = append(conflicts, health.Conflict{Host: host, Store: rival.Name})
				break
			}
		}
	}
	return conflicts
}

// storesWanting are the stores with a host in their spec, the oldest first.
func (c *caches) storesWanting(host string) []*v1alpha1.Store {
	items, err := c.stores.GetIndexer().ByIndex(indexHost, host)
	if err != nil {
		return nil
	}
	var stores []*v1alpha1.Store
	for _, item := range items {
		if store, ok := item.(*v1alpha1.Store); ok {
			stores = append(stores, store)
		}
	}
	slices.SortFunc(stores, func(a, b *v1alpha1.Store) int {
		if precedes(a, b) {
			return -1
		}
		return 1
	})
	return stores
}

func precedes(a, b *v1alpha1.Store) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return strings.Compare(a.Name, b.Name) < 0
}

// wantedHosts are the hosts that a store asks for; one that could not be decoded
// asks for none.
func wantedHosts(store *v1alpha1.Store) []string {
	if damaged(store) {
		return nil
	}
	return store.Spec.Hosts
}

// hostsOf indexes stores by host.
func hostsOf(obj any) ([]string, error) {
	store, ok := obj.(*v1alpha1.Store)
	if !ok {
		return nil, nil
	}
	return wantedHosts(store), nil
}

var _ cache.IndexFunc = hostsOf
