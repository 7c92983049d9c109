package nsstorage

import (
	"context"
	"reflect"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// wholePatience bounds one list of everything, which no client's patience does:
// several wait for it.
const wholePatience = time.Minute

// snapshot is everything there was at one version, in order.
type snapshot struct {
	version uint64
	objects []runtime.Object
}

// whole is true for the query that asks for everything at the newest version,
// as consistent lists without a limit do. They differ in their selectors only.
func (q query) whole(prefix string) bool {
	return q.opts.Recursive && q.start == "" && q.version == 0 && q.opts.Predicate.Limit == 0 &&
		strings.TrimSuffix(q.prefix, "/") == strings.TrimSuffix(prefix, "/")
}

// collectWhole selects from everything. All who ask at the same time share one
// upstream list, which began after the last of them asked.
func (s *Storage) collectWhole(ctx context.Context, q query, items reflect.Value) (listResult, error) {
	all, err := s.everything.do(ctx)
	if err != nil {
		return listResult{}, s.interpretList(ctx, err, q)
	}
	result := listResult{version: all.version}
	if err := atLeast(q.opts, result.version, s.versioner); err != nil {
		return result, err
	}
	if q.opts.Predicate.Empty() {
		items.Set(reflect.MakeSlice(items.Type(), len(all.objects), len(all.objects)))
		for i, object := range all.objects {
			items.Index(i).Set(reflect.ValueOf(object).Elem())
		}
		return result, nil
	}
	for _, object := range all.objects {
		matched, err := q.opts.Predicate.Matches(object)
		if err != nil {
			return result, storage.NewInternalError(err)
		}
		if matched {
			items.Set(reflect.Append(items, reflect.ValueOf(object).Elem()))
		}
	}
	return result, nil
}

// readEverything lists all objects as they are now.
func (s *Storage) readEverything() (snapshot, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wholePatience)
	defer cancel()
	page, err := s.openPage(ctx, metav1.ListOptions{LabelSelector: s.codec.Selector().String()})
	if err != nil {
		return snapshot{}, err
	}
	defer page.Close()
	all := snapshot{objects: make([]runtime.Object, 0, s.decoded.size())}
	if all.version, err = s.versioner.ParseResourceVersion(page.ResourceVersion); err != nil {
		return snapshot{}, storage.NewInternalError(err)
	}
	for {
		namespace, more, err := page.next()
		if err != nil || !more {
			return all, err
		}
		_, object, ours, err := s.listed(namespace, true)
		if err != nil {
			return snapshot{}, storage.NewInternalError(err)
		}
		if ours {
			all.objects = append(all.objects, object)
		}
	}
}
