package nsstorage

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
)

// maxPage is the largest upstream page, reached by doubling while a selector
// leaves few objects of each page.
const maxPage = 10000

// GetList lists the objects below the key, or the one with the key, at one
// version of the cluster.
func (s *Storage) GetList(ctx context.Context, key string, opts storage.ListOptions, out runtime.Object) error {
	prefix, err := storage.PrepareKey(s.prefix, key, opts.Recursive)
	if err != nil {
		return storage.NewInternalError(err)
	}
	version, start, err := storage.ValidateListOptions(prefix, s.versioner, opts)
	if err != nil {
		return err
	}
	items, err := listItems(out)
	if err != nil {
		return err
	}
	query := query{prefix: prefix, start: start, version: version, opts: opts}
	result, err := s.collect(ctx, query, items)
	if err != nil {
		return err
	}
	// The upstream list, which has a selector, does not count what remains.
	left := result.left
	if result.more && left == 0 {
		left = s.decoded.countAfter(prefix, result.lastKey)
	}
	next, remaining, err := storage.PrepareContinueToken(
		result.lastKey, prefix, int64(result.version), opts.Predicate.Limit+left, result.more, opts)
	if err != nil {
		return storage.NewInternalError(err)
	}
	if left == 0 {
		remaining = nil
	}
	if err := s.versioner.UpdateList(out, result.version, next, remaining); err != nil {
		return storage.NewInternalError(err)
	}
	return nil
}

// query is a validated list request.
type query struct {
	prefix  string
	start   string // the key to continue at, or "" to begin at the prefix
	version int64  // the exact version to read, or 0 for the newest
	opts    storage.ListOptions
}

type listResult struct {
	version uint64
	lastKey string
	more    bool
	left    int64 // how many are known to follow, 0 where nobody counted
}

// collect reads upstream pages until the limit is reached or nothing is left.
func (s *Storage) collect(ctx context.Context, q query, items reflect.Value) (listResult, error) {
	result := listResult{}
	options, err := s.upstream(q)
	if err != nil {
		return result, err
	}
	limit := q.opts.Predicate.Limit
	if options.ResourceVersionMatch == "" {
		options.Limit = limit
	}
	for {
		page, err := s.namespaces.List(ctx, options)
		if err != nil {
			return result, s.interpretList(ctx, err, q)
		}
		if result.version == 0 {
			if result.version, err = s.versioner.ParseResourceVersion(page.ResourceVersion); err != nil {
				return result, storage.NewInternalError(fmt.Errorf("read list version: %w", err))
			}
			if err := atLeast(q.opts, result.version, s.versioner); err != nil {
				return result, err
			}
		}
		done, err := s.appendPage(ctx, q, page, items, &result)
		if err != nil {
			return result, err
		}
		if done || page.Continue == "" {
			return result, nil
		}
		options.Continue = page.Continue
		options.ResourceVersion, options.ResourceVersionMatch = "", ""
		options.Limit = min(options.Limit*2, maxPage)
		if limit > 0 && int64(items.Len()) >= limit {
			if s.decoded.countAfter(q.prefix, result.lastKey) > limit {
				result.more = true
				return result, nil
			}
			// Few objects of today seem to follow, and perhaps none at this version:
			// look before a client is sent for an empty page.
			options.Limit = 1
		}
	}
}

// appendPage appends the objects of a page that the query selects. It returns
// true when nothing after the page can add to them.
func (s *Storage) appendPage(ctx context.Context, q query, page *corev1.NamespaceList, items reflect.Value, result *listResult) (bool, error) {
	limit := q.opts.Predicate.Limit
	for i := range page.Items {
		if ctx.Err() != nil {
			return false, storage.NewTimeoutError(q.prefix, "the list did not complete within the request's time")
		}
		key, ours := s.codec.Key(&page.Items[i])
		if ours && q.opts.Recursive && key > q.prefix && !strings.HasPrefix(key, q.prefix) {
			return true, nil // past the last key that the query covers
		}
		if !ours || !q.covers(key) {
			continue
		}
		if limit > 0 && int64(items.Len()) >= limit {
			result.more = true
			if page.Continue == "" {
				result.left = s.count(q, page.Items[i:])
			}
			return true, nil
		}
		result.lastKey = key
		decode := s.decode
		if q.version > 0 {
			decode = s.decodePast
		}
		object := decode(key, &page.Items[i])
		matched, err := q.opts.Predicate.Matches(object)
		if err != nil {
			return false, storage.NewInternalError(err)
		}
		if !matched {
			continue
		}
		items.Set(reflect.Append(items, reflect.ValueOf(object).Elem()))
	}
	return false, nil
}

func (s *Storage) count(q query, namespaces []corev1.Namespace) int64 {
	var count int64
	for i := range namespaces {
		if key, ours := s.codec.Key(&namespaces[i]); ours && q.covers(key) {
			count++
		}
	}
	return count
}

func (q query) covers(key string) bool {
	if !q.opts.Recursive {
		return key == q.prefix
	}
	return strings.HasPrefix(key, q.prefix) && key >= q.start
}

// upstream translates the query into one for namespaces. A past version is read
// whole: it is rarely asked for, and only so can what remains of it be counted.
func (s *Storage) upstream(q query) (metav1.ListOptions, error) {
	options := metav1.ListOptions{LabelSelector: s.codec.Selector().String()}
	if !q.opts.Recursive {
		name, err := s.locate(q.prefix)
		if err != nil {
			return options, err
		}
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()
	}
	if q.start != "" {
		token, err := s.upstreamToken(q)
		if err != nil {
			return options, err
		}
		options.Continue = token
		return options, nil
	}
	if q.version > 0 {
		options.ResourceVersion = strconv.FormatInt(q.version, 10)
		options.ResourceVersionMatch = metav1.ResourceVersionMatchExact
	}
	return options, nil
}

// upstreamToken makes the token that continues the list of namespaces where a
// list of objects stopped. Tokens of both levels have the same, public form
// (storage.EncodeContinue) and codecs preserve order, so no state is kept and a
// page costs a page; a client's token never names a namespace.
func (s *Storage) upstreamToken(q query) (string, error) {
	key, after := strings.CutSuffix(q.start, "\x00")
	name, err := s.codec.NamespaceName(key)
	if err != nil {
		return "", apierrors.NewBadRequest("invalid continue token: it does not belong to this list")
	}
	if after {
		name += "\x00"
	}
	version := q.version
	if version == 0 {
		version = -1 // goes on at the newest version
	}
	token, err := storage.EncodeContinue("/"+name, "/", version)
	if err != nil {
		return "", storage.NewInternalError(err)
	}
	return token, nil
}

// interpretList is interpret for lists: a version that is gone comes with a
// token that continues at the newest version, as etcd-backed lists give.
func (s *Storage) interpretList(ctx context.Context, err error, q query) error {
	if !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
		if apierrors.IsNotFound(err) {
			return storage.NewInternalError(err)
		}
		return s.interpretRead(ctx, err, q.prefix)
	}
	if q.start == "" {
		return apierrors.NewResourceExpired("The resourceVersion for the provided list is too old.")
	}
	const expired = "The provided continue parameter is too old to display a consistent list result. " +
		"You can start a new list without the continue parameter"
	token, tokenErr := storage.EncodeContinue(q.start, q.prefix, -1)
	if tokenErr != nil {
		return apierrors.NewResourceExpired(expired + ".")
	}
	status := apierrors.NewResourceExpired(expired + ", or use the continue token in this response to retrieve the " +
		"remainder of the results: objects that changed since the first page may then show up, or not.")
	status.ErrStatus.ListMeta.Continue = token
	return status
}

// atLeast checks "not older than" against the version that a list was read at.
func atLeast(opts storage.ListOptions, read uint64, versioner storage.Versioner) error {
	if opts.ResourceVersion == "" {
		return nil
	}
	wanted, err := versioner.ParseResourceVersion(opts.ResourceVersion)
	if err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("invalid resource version: %v", err))
	}
	if wanted > read {
		return storage.NewTooLargeResourceVersionError(wanted, read, 0)
	}
	return nil
}

// listItems returns the settable, emptied slice of a list object's items.
func listItems(list runtime.Object) (reflect.Value, error) {
	pointer, err := meta.GetItemsPtr(list)
	if err != nil {
		return reflect.Value{}, fmt.Errorf("read list items: %w", err)
	}
	items, err := conversion.EnforcePtr(pointer)
	if err != nil || items.Kind() != reflect.Slice {
		return reflect.Value{}, fmt.Errorf("list items must be a pointer to a slice, not %T", pointer)
	}
	items.Set(reflect.MakeSlice(items.Type(), 0, 0))
	return items, nil
}
