package app

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/tracing"
	tracingapi "k8s.io/component-base/tracing/api/v1"
)

// flushTimeout bounds how long the last spans may take to be delivered.
const flushTimeout = 5 * time.Second

// newTracerProvider reads the file that an API server would read. Without one
// nothing is traced.
func newTracerProvider(ctx context.Context, file string) (tracing.TracerProvider, error) {
	if file == "" {
		return tracing.NewNoopTracerProvider(), nil
	}
	configuration, err := genericoptions.ReadTracingConfiguration(file)
	if err != nil {
		return nil, fmt.Errorf("read --tracing-config-file: %w", err)
	}
	if errs := tracingapi.ValidateTracingConfiguration(configuration, utilfeature.DefaultFeatureGate, nil); len(errs) > 0 {
		return nil, fmt.Errorf("check --tracing-config-file: %w", errs.ToAggregate())
	}
	// An API server calls itself `apiserver` there, so this one is told apart.
	service := resource.WithAttributes(attribute.String("service.name", "store-provisioner"))
	tracers, err := tracing.NewProvider(ctx, configuration, nil, []resource.Option{service})
	if err != nil {
		return nil, fmt.Errorf("set up tracing: %w", err)
	}
	return tracers, nil
}

// flush delivers the last spans, also when the command's context has ended.
func flush(tracers tracing.TracerProvider) error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := tracers.Shutdown(ctx); err != nil {
		return fmt.Errorf("deliver the last spans: %w", err)
	}
	return nil
}
