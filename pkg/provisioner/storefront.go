package provisioner

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/health"
	"platform.example.io/stores/pkg/provisioner/storefront"
)

// askStorefronts asks shops, unless the platform asks none, until the context ends.
// What was answered is forgotten when stop is called: a leader is not believed what
// it saw in another term.
func (p *Provisioner) askStorefronts(ctx context.Context, background *sync.WaitGroup) (stop func()) {
	if p.platform.StorefrontProbe == config.ProbeDisabled {
		return func() {}
	}
	prober := storefront.New(p.asking)
	p.prober.Store(prober)
	background.Go(func() { prober.Run(ctx) })
	return func() { p.prober.Store(nil) }
}

// seen is what the shop has answered.
func (p *Provisioner) seen(w *work) *health.Storefront {
	if p.platform.StorefrontProbe == config.ProbeDisabled {
		return &health.Storefront{Disabled: true}
	}
	seen := &health.Storefront{}
	if service, found := p.service(w); found {
		if _, addressed := addressOf(service); !addressed {
			seen.Answer, seen.Failures = &health.Answer{Outcome: health.Unaddressed}, health.StorefrontPatience
			return seen
		}
	}
	if prober := p.prober.Load(); prober != nil {
		seen.Answer, seen.Failures = prober.Seen(w.store.Name)
	}
	return seen
}

// watchStorefront has the shop asked from now on if its application is ready.
// Otherwise what it answered is forgotten: once it is ready again, it is asked anew.
func (p *Provisioner) watchStorefront(w *work, report health.Report) {
	prober := p.prober.Load()
	if prober == nil || w.revision == nil {
		return
	}
	target, ok := p.target(w)
	if !ok || !meta.IsStatusConditionTrue(report.Conditions, v1alpha1.ConditionApplicationReady) {
		prober.Forget(w.store.Name)
		return
	}
	prober.Watch(target, meta.IsStatusConditionTrue(w.store.Status.Conditions, v1alpha1.ConditionStorefrontReachable))
}

func (p *Provisioner) forgetStorefront(store string) {
	if prober := p.prober.Load(); prober != nil {
		prober.Forget(store)
	}
}

// target is how the shop is asked. The address is that of the Service of a name
// that is the platform's, in the store's namespace; the Store adds the names that
// it is asked by, and its engine what for.
func (p *Provisioner) target(w *work) (storefront.Target, bool) {
	service, found := p.service(w)
	if !found {
		return storefront.Target{}, false
	}
	address, ok := addressOf(service)
	if !ok {
		return storefront.Target{}, false
	}
	asked := w.revision.Definition.Storefront
	target := storefront.Target{
		Store: w.store.Name, Address: address, Scheme: string(p.platform.Scheme),
		Path: asked.Path, Headers: asked.Headers, Statuses: asked.Statuses,
	}
	for _, host := range append([]string{p.platform.DefaultHost(w.store.Name)}, w.store.Spec.Hosts...) {
		if !slices.ContainsFunc(w.conflicts, func(c health.Conflict) bool { return c.Host == host }) {
			target.Hosts = append(target.Hosts, strings.TrimPrefix(p.platform.URL(host), target.Scheme+"://"))
		}
	}
	return target, true
}

func (p *Provisioner) service(w *work) (*corev1.Service, bool) {
	services := list[*corev1.Service](p.caches, kindService, w.store.Name)
	at := slices.IndexFunc(services, func(s *corev1.Service) bool { return s.Name == engine.ServiceName })
	if at < 0 {
		return nil, false
	}
	return services[at], true
}

// addressOf returns a Service's address in the cluster. A name would be safe only
// as long as nobody makes the Service one of type ExternalName, an address is one
// of the cluster's Services always.
func addressOf(service *corev1.Service) (netip.AddrPort, bool) {
	address, err := netip.ParseAddr(service.Spec.ClusterIP)
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(address, engine.ServicePort), true
}
