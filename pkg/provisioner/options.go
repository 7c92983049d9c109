package provisioner

import (
	"errors"
	"fmt"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/component-base/tracing"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/deadline"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/clientset/versioned/scheme"
	"platform.example.io/stores/pkg/provisioner/metric"
	"platform.example.io/stores/pkg/provisioner/storefront"
)

const (
	// FieldManager owns the fields that the provisioner applies.
	FieldManager = "store-provisioner"
	// LeaseName is the Lease that the active provisioner holds.
	LeaseName = "store-provisioner"
	// DefaultLeaseNamespace is where the Lease is unless configured.
	DefaultLeaseNamespace = "store-platform"
)

// Options are what a Provisioner is made of.
type Options struct {
	// RESTConfig is the provisioner's own identity at kube-apiserver. Never a
	// loopback configuration: what the account may not do must fail.
	RESTConfig *rest.Config
	// Platform is the defaulted and validated configuration.
	Platform *config.PlatformConfiguration
	// Catalogue holds the installed engines.
	Catalogue *engine.Catalogue
	// LeaderElection lets one of several provisioners work at a time. Nil for a
	// provisioner that is alone by other means.
	LeaderElection *LeaderElection
	// Clock tells the time. Defaults to the machine's.
	Clock clock.WithTicker
	// TracerProvider makes the spans of reconciles. Defaults to one that makes none.
	TracerProvider oteltrace.TracerProvider
	// Storefront says how shops are asked whether they answer; its Clock and Changed
	// are set by New.
	Storefront storefront.Options
	// RequestTimeout is when a request that is not wholly answered has failed.
	// Defaults to 30s; kube-apiserver itself gives up after 60.
	RequestTimeout time.Duration
}

// New makes a Provisioner; it speaks to nobody before Run.
func New(options Options) (*Provisioner, error) {
	if options.RESTConfig == nil || options.Platform == nil || options.Catalogue == nil {
		return nil, errors.New("make provisioner: a client configuration, a platform configuration and a catalogue are needed")
	}
	p := &Provisioner{
		platform:  options.Platform,
		catalogue: options.Catalogue,
		clock:     options.Clock,
		asking:    options.Storefront,
		releases:  lru.New(releasesKept),
		recent:    newRecent(),
		vouched:   newVouched(),
		pace:      newPace(),
		progress:  metric.NewProgress(),
	}
	if p.clock == nil {
		p.clock = clock.RealClock{}
	}
	p.asking.Clock, p.asking.Changed = p.clock, p.enqueue
	if options.LeaderElection != nil {
		election, err := options.LeaderElection.withDefaults()
		if err != nil {
			return nil, err
		}
		p.election = election
		p.fence = newFence()
	}
	if options.TracerProvider == nil {
		options.TracerProvider = noop.NewTracerProvider()
	}
	p.tracer = options.TracerProvider.Tracer(tracerName)
	if options.RequestTimeout == 0 {
		options.RequestTimeout = 30 * time.Second
	}
	if err := p.connect(options); err != nil {
		return nil, err
	}
	p.caches = newCaches(p)
	metric.Register()
	return p, nil
}

// connect makes the clients. None of them throttles: fairness between clients
// is the API server's business, and the queue bounds what is begun.
//
// Those that work on stores write only while the lease is held. The Lease is not
// among what that guards, nor are Events: they tell of what was done before.
func (p *Provisioner) connect(options Options) error {
	free := rest.CopyConfig(options.RESTConfig)
	free.QPS = -1
	free.WarningHandlerWithContext = rest.NoWarnings{}
	if free.UserAgent == "" {
		free.UserAgent = FieldManager
	}
	free.Wrap(tracing.WrapperFor(options.TracerProvider))
	free.Wrap(deadline.Within(options.RequestTimeout))
	own := rest.CopyConfig(free)
	var err error
	if p.election != nil {
		if p.leases, err = p.election.client(inProtobuf(free)); err != nil {
			return err
		}
		own.Wrap(p.fence.wrap)
	}
	if p.stores, err = versioned.NewForConfig(own); err != nil {
		return fmt.Errorf("make client of stores: %w", err)
	}
	if p.dynamic, err = dynamic.NewForConfig(own); err != nil {
		return fmt.Errorf("make dynamic client: %w", err)
	}
	if p.metadata, err = metadata.NewForConfig(own); err != nil {
		return fmt.Errorf("make metadata client: %w", err)
	}
	if p.kube, err = kubernetes.NewForConfig(inProtobuf(own)); err != nil {
		return fmt.Errorf("make client of kubernetes: %w", err)
	}
	reporter, err := kubernetes.NewForConfig(inProtobuf(free))
	if err != nil {
		return fmt.Errorf("make client of events: %w", err)
	}
	p.broadcaster = events.NewBroadcaster(&events.EventSinkImpl{Interface: reporter.EventsV1()})
	p.recorder = p.broadcaster.NewRecorder(scheme.Scheme, FieldManager)
	return nil
}

func inProtobuf(base *rest.Config) *rest.Config {
	binary := rest.CopyConfig(base)
	binary.ContentType = "application/vnd.kubernetes.protobuf"
	binary.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	return binary
}
