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

// tooLargeRetrySeconds is when a client may come again for a version that does
// not exist yet, as the stock watch cache says.
const tooLargeRetrySeconds = 1

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
	if q.whole(s.prefix) {
		return s.collectWhole(ctx, q, items)
	}
	result := listResult{}
	options, err := s.upstream(q)
	if err != nil {
		return result, err
	}
	limit := q.opts.Predicate.Limit
	if options.ResourceVersionMatch == "" && limit > 0 {
		options.Limit = limit + 1 // the one more tells whether another page follows
	}
	for {
		next, done, err := s.collectPage(ctx, q, options, items, &result)
		if err != nil {
			return result, err
		}
		if done || next == "" {
			return result, nil
		}
		options.Continue = next
		options.ResourceVersion, options.ResourceVersionMatch = "", ""
		options.Limit = min(options.Limit*2, maxPage)
	}
}

// collectPage reads one upstream page. It returns the token of the next, and
// true when nothing after this one can add to the result.
func (s *Storage) collectPage(ctx context.Context, q query, options metav1.ListOptions, items reflect.Value, result *listResult) (string, bool, error) {
	page, err := s.openPage(ctx, options)
	if err != nil {
		return "", false, s.interpretList(ctx, err, q)
	}
	defer page.Close()
	if result.version == 0 {
		if result.version, err = s.versioner.ParseResourceVersion(page.ResourceVersion); err != nil {
			return "", false, storage.NewInternalError(fmt.Errorf("read list version: %w", err))
		}
		if err := atLeast(q.opts, result.version, s.versioner); err != nil {
			return "", false, err
		}
	}
	done, err := s.appendPage(ctx, q, page, items, result)
	return page.Continue, done, err
}

// appendPage appends the objects of a page that the query selects. It returns
// true when nothing after the page can add to them.
func (s *Storage) appendPage(ctx context.Context, q query, page *page, items reflect.Value, result *listResult) (bool, error) {
	limit := q.opts.Predicate.Limit
	for {
		namespace, more, err := page.next()
		if err != nil {
			return false, s.interpretList(ctx, err, q)
		}
		if !more {
			return false, nil
		}
		// The present is worth remembering. The past would push it out, or outlive
		// its namespace.
		key, object, ours, err := s.listed(namespace, q.version == 0)
		if err != nil {
			return false, storage.NewInternalError(err)
		}
		if ours && q.opts.Recursive && key > q.prefix && !strings.HasPrefix(key, q.prefix) {
			return true, nil // past the last key that the query covers
		}
		if !ours || !q.covers(key) {
			continue
		}
		if limit > 0 && int64(items.Len()) >= limit {
			result.more = true
			if page.Continue != "" {
				return true, nil
			}
			result.left, err = s.countRest(q, page)
			return true, err
		}
		result.lastKey = key
		matched, err := q.opts.Predicate.Matches(object)
		if err != nil {
			return false, storage.NewInternalError(err)
		}
		if matched {
			items.Set(reflect.Append(items, reflect.ValueOf(object).Elem()))
		}
	}
}

// countRest counts the objects of a page from the one that was read last on.
func (s *Storage) countRest(q query, page *page) (int64, error) {
	count := int64(1)
	for {
		namespace, more, err := page.next()
		if err != nil || !more {
			return count, err
		}
		key, _, ours, err := s.listed(namespace, false)
		if err != nil {
			return count, storage.NewInternalError(err)
		}
		if ours && q.covers(key) {
			count++
		}
	}
}

// listed returns the object in a namespace as it came over the wire, and false
// when that is not ours. The object is shared and must not be modified.
func (s *Storage) listed(encoded []byte, remember bool) (string, runtime.Object, bool, error) {
	id, err := readIdentity(encoded)
	if err != nil {
		return "", nil, false, err
	}
	if known, ok := s.decoded.lookup(id); ok {
		return known.key, known.object, true, nil
	}
	namespace := &corev1.Namespace{}
	if err := namespace.Unmarshal(encoded); err != nil {
		return "", nil, false, fmt.Errorf("decode namespace: %w", err)
	}
	key, ours := s.codec.Key(namespace)
	if !ours {
		return "", nil, false, nil
	}
	if remember {
		return key, s.decode(key, namespace), true, nil
	}
	return key, s.decodePast(namespace), true, nil
}

func (s *Storage) openPage(ctx context.Context, options metav1.ListOptions) (*page, error) {
	body, err := s.namespaces.ListStream(ctx, options)
	if err != nil {
		return nil, err
	}
	return openPage(body)
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
		return storage.NewTooLargeResourceVersionError(wanted, read, tooLargeRetrySeconds)
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
