package certificate

import (
	"crypto/x509"
	"sync"
	"sync/atomic"

	"k8s.io/client-go/util/cert"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

const metricPrefix = "store_platform_serving_certificate_"

var (
	notBefore = metrics.NewDesc(metricPrefix+"not_before_timestamp_seconds",
		"When the certificate that is served began, in seconds since 1970.", nil, nil, metrics.ALPHA, "")
	notAfter = metrics.NewDesc(metricPrefix+"not_after_timestamp_seconds",
		"When the certificate that is served runs out, in seconds since 1970.", nil, nil, metrics.ALPHA, "")
)

// Provider is what a process serves with at present: a certificate, with those that
// signed it behind it, and its key.
type Provider interface {
	CurrentCertKeyContent() (certificate, key []byte)
}

// lives reports from when until when the certificate of a process is good. It reads
// what is served when it is asked: whoever renews a certificate need not think of it.
type lives struct {
	metrics.BaseStableCollector

	served atomic.Pointer[Provider]
}

// reported is the process's one, as the registry is.
var (
	reported     lives
	registerOnce = sync.OnceFunc(func() { legacyregistry.CustomMustRegister(&reported) })
)

// Report has the process's metrics say how long the certificate is good that it
// serves with, whether a Keeper or a file provides it.
func Report(served Provider) {
	reported.served.Store(&served)
	registerOnce()
}

// DescribeWithStability implements metrics.StableCollector.
func (l *lives) DescribeWithStability(told chan<- *metrics.Desc) {
	told <- notBefore
	told <- notAfter
}

// CollectWithStability implements metrics.StableCollector. Where nothing is served, it
// reports nothing.
func (l *lives) CollectWithStability(told chan<- metrics.Metric) {
	leaf := l.leaf()
	if leaf == nil {
		return
	}
	told <- metrics.NewLazyConstMetric(notBefore, metrics.GaugeValue, float64(leaf.NotBefore.Unix()))
	told <- metrics.NewLazyConstMetric(notAfter, metrics.GaugeValue, float64(leaf.NotAfter.Unix()))
}

func (l *lives) leaf() *x509.Certificate {
	served := l.served.Load()
	if served == nil {
		return nil
	}
	chain, _ := (*served).CurrentCertKeyContent()
	certificates, err := cert.ParseCertsPEM(chain)
	if err != nil {
		return nil
	}
	return certificates[0]
}
