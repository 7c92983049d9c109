package certificate

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"k8s.io/klog/v2"
	"k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"
	"k8s.io/utils/clock"
)

// Options configure a Keeper.
type Options struct {
	// Config is the API server's account.
	Config *rest.Config
	// Namespace and Secret name the Secret with the keys and certificates.
	Namespace, Secret string
	// APIService is the name of the APIService whose caBundle must hold the authority.
	APIService string
	// Policy says for whom certificates are, and how long they are valid.
	Policy Policy
}

// Keeper keeps the serving certificate of one replica, and is what it serves with.
type Keeper struct {
	options  Options
	kube     kubernetes.Interface
	services clientset.Interface
	clock    clock.WithTicker

	current   atomic.Pointer[pair]
	mu        sync.Mutex
	listeners []dynamiccertificates.Listener
}

type pair struct{ certificate, key []byte }

var (
	_ dynamiccertificates.CertKeyContentProvider = &Keeper{}
	_ dynamiccertificates.ControllerRunner       = &Keeper{}
)

// NewKeeper returns a keeper that has nothing to serve yet: see RunOnce.
func NewKeeper(options Options) (*Keeper, error) {
	kube, err := kubernetes.NewForConfig(options.Config)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	services, err := clientset.NewForConfig(options.Config)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return &Keeper{options: options, kube: kube, services: services, clock: clock.RealClock{}}, nil
}

// Name implements dynamiccertificates.CertKeyContentProvider.
func (k *Keeper) Name() string {
	return "secret " + k.options.Namespace + "/" + k.options.Secret
}

// CurrentCertKeyContent implements dynamiccertificates.CertKeyContentProvider.
func (k *Keeper) CurrentCertKeyContent() (certificate, key []byte) {
	if now := k.current.Load(); now != nil {
		return now.certificate, now.key
	}
	return nil, nil
}

// AddListener implements dynamiccertificates.Notifier.
func (k *Keeper) AddListener(listener dynamiccertificates.Listener) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.listeners = append(k.listeners, listener)
}

// How long a replica takes at most to notice that another has done something, or that something is due.
const (
	longestPeriod = time.Minute
	// retryPeriod is for what is under way or has failed.
	retryPeriod = 5 * time.Second
)

// RunOnce implements dynamiccertificates.ControllerRunner: it returns when there is
// something to serve.
func (k *Keeper) RunOnce(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, time.Second, time.Minute, true, func(ctx context.Context) (bool, error) {
		_, last = k.step(ctx)
		return k.current.Load() != nil, nil
	})
	if err != nil {
		return errors.Join(fmt.Errorf("get a serving certificate: %w", err), last)
	}
	return nil
}

// Run implements dynamiccertificates.ControllerRunner. It goes on until the context ends.
func (k *Keeper) Run(ctx context.Context, _ int) {
	period := min(longestPeriod, k.options.Policy.Lifetime/10)
	for {
		settled, err := k.step(ctx)
		next := wait.Jitter(period, 0.2)
		if err != nil || !settled {
			next = min(next, retryPeriod)
		}
		if err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "Could not keep the serving certificate yet; it is tried again", "secret", k.options.Namespace+"/"+k.options.Secret)
		}
		select {
		case <-ctx.Done():
			return
		case <-k.clock.After(next):
		}
	}
}

// step does what is due, and takes up what another replica has done. It is settled
// when nothing is under way.
func (k *Keeper) step(ctx context.Context) (settled bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	now := k.clock.Now()
	secret, err := k.kube.CoreV1().Secrets(k.options.Namespace).Get(ctx, k.options.Secret, metav1.GetOptions{})
	if err != nil {
		return false, fmt.Errorf("read the serving certificate (the chart makes its Secret): %w", err)
	}
	service, err := k.services.ApiregistrationV1().APIServices().Get(ctx, k.options.APIService, metav1.GetOptions{})
	registered := !apierrors.IsNotFound(err)
	if err != nil && registered {
		return false, fmt.Errorf("read what kube-apiserver trusts: %w", err)
	}
	var trusted []*x509.Certificate
	if registered {
		trusted, _ = cert.ParseCertsPEM(service.Spec.CABundle)
	}
	next, changed, err := decode(secret.Data).advance(k.options.Policy, trusted, now)
	if err != nil {
		return false, err
	}
	if changed {
		if err := k.write(ctx, secret, next); err != nil {
			return false, err
		}
		klog.InfoS("Advanced the serving certificate", "secret", k.options.Namespace+"/"+k.options.Secret,
			"authorities", len(next.authorities), "expires", next.serving.Leaf.NotAfter)
	}
	// Trusted before this step, or there is nothing else to serve.
	if signer := next.signer(next.serving); k.current.Load() == nil || has(trusted, signer) {
		if err := k.serve(next); err != nil {
			return false, err
		}
	} else {
		changed = true
	}
	if !registered {
		return false, nil
	}
	wanted, untrusted := next.trust(trusted, now)
	if untrusted {
		if err := k.publish(ctx, service.ResourceVersion, wanted); err != nil {
			return false, err
		}
	}
	return !changed && !untrusted, nil
}

// write stores what is next, unless another replica has stored something since.
func (k *Keeper) write(ctx context.Context, secret *corev1.Secret, next material) error {
	data, err := next.encode()
	if err != nil {
		return err
	}
	updated := secret.DeepCopy()
	updated.Data = data
	if _, err := k.kube.CoreV1().Secrets(secret.Namespace).Update(ctx, updated, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("write the serving certificate: %w", err)
	}
	return nil
}

// publish has kube-apiserver trust authorities, given the version it was read at.
func (k *Keeper) publish(ctx context.Context, version string, authorities []*x509.Certificate) error {
	bundle, err := cert.EncodeCertificates(authorities...)
	if err != nil {
		return fmt.Errorf("encode the authorities: %w", err)
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": version},
		"spec":     map[string]any{"caBundle": bundle},
	})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	_, err = k.services.ApiregistrationV1().APIServices().Patch(ctx, k.options.APIService, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("have kube-apiserver trust the serving certificate: %w", err)
	}
	klog.InfoS("Published the authorities of the serving certificate", "apiservice", k.options.APIService, "authorities", len(authorities))
	return nil
}

// serve takes the pair up, if it is another.
func (k *Keeper) serve(m material) error {
	data, err := m.encode()
	if err != nil {
		return err
	}
	if now := k.current.Load(); now != nil && string(now.certificate) == string(data[keyCertificate]) {
		return nil
	}
	k.current.Store(&pair{certificate: data[keyCertificate], key: data[keyKey]})
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, listener := range k.listeners {
		listener.Enqueue()
	}
	return nil
}
