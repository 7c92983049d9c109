package provisioner

import (
	"context"

	"k8s.io/klog/v2"
)

// bodyLevel is the verbosity from which on client-go logs what it sends and is
// sent, whatever it is.
const bodyLevel = 8

// discreetly returns a context whose requests are logged without their bodies at
// any verbosity: those of Secrets are, in base64, their values.
func discreetly(ctx context.Context) context.Context {
	logger := klog.FromContext(ctx)
	return klog.NewContext(ctx, logger.WithSink(discreet{logger.GetSink()}))
}

// discreet is a log that takes nothing of the levels at which bodies are logged.
type discreet struct{ klog.LogSink }

func (d discreet) Enabled(level int) bool { return level < bodyLevel && d.LogSink.Enabled(level) }

func (d discreet) WithValues(keysAndValues ...any) klog.LogSink {
	return discreet{d.LogSink.WithValues(keysAndValues...)}
}

func (d discreet) WithName(name string) klog.LogSink { return discreet{d.LogSink.WithName(name)} }
