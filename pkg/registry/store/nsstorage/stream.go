package nsstorage

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
)

// watchSeconds is the least that one watch of namespaces is asked to last, half of
// the most: client-go's reflectors do the same (minWatchTimeout). It bounds how
// long a dead stream on a connection that lives goes unnoticed.
const watchSeconds = 5 * 60

// stream follows the codec's namespaces from the version on, through outages of
// kube-apiserver: it opens the watch again where it stopped. It returns when the
// context ends, when handle refuses an event, or with the error after which
// nobody can know what is missing.
//
// client-go's RetryWatcher does the same and keeps bookmarks to itself, without
// which the watch cache never learns that it is up to date on a quiet platform.
func (s *Storage) stream(ctx context.Context, version uint64, handle func(watch.EventType, *corev1.Namespace) bool) error {
	retries := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 6, Cap: 2 * time.Second}
	delay := retries.DelayFunc()
	for ctx.Err() == nil {
		upstream, err := s.namespaces.Watch(ctx, metav1.ListOptions{
			LabelSelector:       s.codec.Selector().String(),
			ResourceVersion:     strconv.FormatUint(version, 10),
			AllowWatchBookmarks: true,
			TimeoutSeconds:      ptr.To(watchSeconds + rand.Int64N(watchSeconds)),
		})
		if err == nil {
			reached := version
			reached, err = s.drain(ctx, upstream, version, handle)
			upstream.Stop()
			if err == errRefused {
				return nil
			}
			if reached > version {
				version, delay = reached, retries.DelayFunc()
			}
		}
		if forgotten(err) {
			return apierrors.NewResourceExpired("The resourceVersion for the provided watch is too old.")
		}
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
			// Until somebody grants it again the cache grows old, and looks healthy.
			klog.FromContext(ctx).Error(err, "The API server's account may not watch namespaces; what is read from memory is stale", "resource", s.resource)
		} else if err != nil {
			klog.FromContext(ctx).V(2).Info("Watch of namespaces was interrupted and is opened again", "resource", s.resource, "version", version, "err", err)
		}
		pause(ctx, delay())
	}
	return nil
}

// drain hands on the events of one upstream watch, and returns the version it
// came to and why it ended: nil when kube-apiserver closed it in good order.
func (s *Storage) drain(ctx context.Context, upstream watch.Interface, version uint64, handle func(watch.EventType, *corev1.Namespace) bool) (uint64, error) {
	for {
		select {
		case <-ctx.Done():
			return version, nil
		case event, open := <-upstream.ResultChan():
			if !open {
				return version, nil
			}
			namespace, ok := event.Object.(*corev1.Namespace)
			if !ok {
				return version, apierrors.FromObject(event.Object)
			}
			if !handle(event.Type, namespace) {
				return version, errRefused
			}
			reached, err := s.versioner.ParseResourceVersion(namespace.ResourceVersion)
			if err != nil {
				return version, err
			}
			version = reached
		}
	}
}

// forgotten is true for errors after which the stream cannot be continued. An
// internal error is one: kube-apiserver sends it when etcd has compacted what it
// was about to send.
func forgotten(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.IsInternalError(err)
}

func pause(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
