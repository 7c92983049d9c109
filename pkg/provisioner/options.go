package provisioner

import (
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/lru"

	"platform.example.io/stores/pkg/config"
	"platform.example.io/stores/pkg/engine"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/pkg/generated/clientset/versioned/scheme"
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
}

// LeaderElection says how provisioners take turns.
type LeaderElection struct {
	// Namespace of the Lease. Defaults to DefaultLeaseNamespace.
	Namespace string
	// Identity of this process. Defaults to its host name and a random part.
	Identity string
	// LeaseDuration is how long a silent leader keeps the lease. Defaults to 15s.
	LeaseDuration time.Duration
	// RenewDeadline is how long a leader tries to renew before it stops working.
	// Defaults to 10s.
	RenewDeadline time.Duration
	// RetryPeriod is the time between tries. Defaults to 2s.
	RetryPeriod time.Duration
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
		releases:  lru.New(releasesKept),
		recent:    newRecent(),
		vouched:   newVouched(),
	}
	if p.clock == nil {
		p.clock = clock.RealClock{}
	}
	if options.LeaderElection != nil {
		election, err := options.LeaderElection.withDefaults()
		if err != nil {
			return nil, err
		}
		p.election = election
	}
	if err := p.connect(options.RESTConfig); err != nil {
		return nil, err
	}
	p.caches = newCaches(p)
	registerMetrics()
	return p, nil
}

// connect makes the clients. None of them throttles: fairness between clients
// is the API server's business, and the queue bounds what is begun.
func (p *Provisioner) connect(base *rest.Config) error {
	own := rest.CopyConfig(base)
	own.QPS = -1
	own.WarningHandlerWithContext = rest.NoWarnings{}
	if own.UserAgent == "" {
		own.UserAgent = FieldManager
	}
	var err error
	if p.stores, err = versioned.NewForConfig(own); err != nil {
		return fmt.Errorf("make client of stores: %w", err)
	}
	if p.dynamic, err = dynamic.NewForConfig(own); err != nil {
		return fmt.Errorf("make dynamic client: %w", err)
	}
	if p.metadata, err = metadata.NewForConfig(own); err != nil {
		return fmt.Errorf("make metadata client: %w", err)
	}
	binary := rest.CopyConfig(own)
	binary.ContentType = "application/vnd.kubernetes.protobuf"
	binary.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	if p.kube, err = kubernetes.NewForConfig(binary); err != nil {
		return fmt.Errorf("make client of kubernetes: %w", err)
	}
	p.broadcaster = events.NewBroadcaster(&events.EventSinkImpl{Interface: p.kube.EventsV1()})
	p.recorder = p.broadcaster.NewRecorder(scheme.Scheme, FieldManager)
	return nil
}

func (e LeaderElection) withDefaults() (*LeaderElection, error) {
	if e.Namespace == "" {
		e.Namespace = DefaultLeaseNamespace
	}
	if e.Identity == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("name this provisioner for leader election: %w", err)
		}
		e.Identity = host + "_" + string(uuid.NewUUID())
	}
	for field, value := range map[*time.Duration]time.Duration{
		&e.LeaseDuration: 15 * time.Second, &e.RenewDeadline: 10 * time.Second, &e.RetryPeriod: 2 * time.Second,
	} {
		if *field == 0 {
			*field = value
		}
	}
	return &e, nil
}
