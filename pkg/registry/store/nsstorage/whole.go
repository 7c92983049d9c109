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
	keys    []string
	objects []runtime.Object
}

// whole is true for the query that asks for everything at the newest version,
// as consistent lists without a limit do, and the watch cache with a huge one.
// They differ in their selectors only.
func (q query) whole(prefix string) bool {
	unlimited := q.opts.Predicate.Limit == 0 || q.opts.Predicate.Limit >= maxPage
	return q.opts.Recursive && q.start == "" && q.version == 0 && unlimited &&
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
	limit := q.opts.Predicate.Limit
	if q.opts.Predicate.Empty() && (limit == 0 || int64(len(all.objects)) <= limit) {
		items.Set(reflect.MakeSlice(items.Type(), len(all.objects), len(all.objects)))
		for i, object := range all.objects {
			items.Index(i).Set(reflect.ValueOf(object).Elem())
		}
		return result, nil
	}
	for i, object := range all.objects {
		if limit > 0 && int64(items.Len()) >= limit {
			result.more, result.left = true, int64(len(all.objects)-i)
			break
		}
		result.lastKey = all.keys[i]
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
	expected := s.decoded.size()
	all := snapshot{keys: make([]string, 0, expected), objects: make([]runtime.Object, 0, expected)}
	if all.version, err = s.versioner.ParseResourceVersion(page.ResourceVersion); err != nil {
		return snapshot{}, storage.NewInternalError(err)
	}
	for {
		namespace, more, err := page.next()
		if err != nil {
			return snapshot{}, err
		}
		if !more {
			s.retain(all)
			return all, nil
		}
		key, object, ours, err := s.listed(namespace, true)
		if err != nil {
			return snapshot{}, storage.NewInternalError(err)
		}
		if ours {
			all.keys, all.objects = append(all.keys, key), append(all.objects, object)
		}
	}
}

// retain forgets what is not there any more: the end of a namespace is not seen
// while the watch is away.
func (s *Storage) retain(all snapshot) {
	if s.decoded.size() <= len(all.keys) {
		return
	}
	names := make(map[string]bool, len(all.keys))
	for _, key := range all.keys {
		if name, err := s.codec.NamespaceName(key); err == nil {
			names[name] = true
		}
	}
	s.decoded.retain(names, all.version)
}
