package provisioner

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/component-base/tracing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// tracerName is the scope of the provisioner's spans.
const tracerName = "platform.example.io/stores/pkg/provisioner"

// slowStep is how long a step may take before the log tells of it, traced or not.
const slowStep = 5 * time.Second

// Attributes of spans. Names, kinds and reasons only: never a value, and never an
// error's text, which may quote one.
const (
	attributeStore  = attribute.Key("store")
	attributeKind   = attribute.Key("kind")
	attributeObject = attribute.Key("object")
)

// trace begins the span of one look at one store; the function ends it.
func (p *Provisioner) trace(ctx context.Context, store string) (context.Context, func(error)) {
	ctx, span := p.tracer.Start(ctx, "Reconcile", oteltrace.WithAttributes(attributeStore.String(store)))
	return ctx, func(err error) {
		fail(span, reasonOf(err))
		span.End()
	}
}

// step begins a span within it. The function ends the step, with why it failed or nothing.
func step(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, func(reason string)) {
	ctx, span := tracing.Start(ctx, name, attributes...)
	return ctx, func(reason string) {
		fail(oteltrace.SpanFromContext(ctx), reason)
		span.End(slowStep)
	}
}

func fail(span oteltrace.Span, reason string) {
	if reason != "" {
		span.SetStatus(codes.Error, reason)
	}
}

// reasonOf names what is wrong without quoting it; empty for no error.
func reasonOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errFenced):
		return "Fenced"
	case errors.Is(err, context.Canceled):
		return "Canceled"
	}
	if reason := apierrors.ReasonForError(err); reason != "" {
		return string(reason)
	}
	return "Error"
}
