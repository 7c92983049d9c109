package upstream

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	utilfeature "k8s.io/apiserver/pkg/util/feature"

	"platform.example.io/stores/test/controlplane"
)

// suiteTest is one of upstream's tests. Its name is upstream's, without RunTest.
type suiteTest struct {
	name string
	run  func(ctx context.Context, t *testing.T, s *subject)
}

// subject is the storage under test.
type subject struct {
	storage.Interface
	on         *controlplane.Cluster
	cached     bool
	consistent bool // consistent reads are answered from the cache
	recorder   *storagetesting.KubernetesRecorder
	compacted  atomic.Int64 // the version that the cluster has forgotten
	forgetting *forgetting
	checkKey   storagetesting.KeyValidation
}

// suite are upstream's tests that apply; notApplicable has the others, each with
// its reason.
var suite = []suiteTest{
	{"Create", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestCreate(ctx, t, s, s.checkKey)
	}},
	{"CreateWithKeyExist", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestCreateWithKeyExist(ctx, t, s)
	}},
	{"Get", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunTestGet(ctx, t, s) }},
	{"UnconditionalDelete", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestUnconditionalDelete(ctx, t, s)
	}},
	{"ConditionalDelete", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestConditionalDelete(ctx, t, s)
	}},
	{"DeleteWithSuggestion", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestDeleteWithSuggestion(ctx, t, s)
	}},
	{"DeleteWithSuggestionAndConflict", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestDeleteWithSuggestionAndConflict(ctx, t, s)
	}},
	{"DeleteWithConflict", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestDeleteWithConflict(ctx, t, s)
	}},
	{"DeleteWithSuggestionOfDeletedObject", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestDeleteWithSuggestionOfDeletedObject(ctx, t, s)
	}},
	{"ValidateDeletionWithSuggestion", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestValidateDeletionWithSuggestion(ctx, t, s)
	}},
	{"ValidateDeletionWithOnlySuggestionValid", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestValidateDeletionWithOnlySuggestionValid(ctx, t, s)
	}},
	{"PreconditionalDeleteWithSuggestion", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestPreconditionalDeleteWithSuggestion(ctx, t, s)
	}},
	{"PreconditionalDeleteWithOnlySuggestionPass", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestPreconditionalDeleteWithOnlySuggestionPass(ctx, t, s)
	}},
	{"List", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestList(ctx, t, s, s.compact, s.cached, s.recorder)
	}},
	{"ConsistentList", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestConsistentList(ctx, t, s, s.increaseRV, s.cached, s.consistent, utilfeature.DefaultFeatureGate.Enabled(features.ListFromCacheSnapshot))
	}},
	{"GetListNonRecursive", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestGetListNonRecursive(ctx, t, s.increaseRV, s)
	}},
	{"GetListRecursivePrefix", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestGetListRecursivePrefix(ctx, t, s)
	}},
	{"ListContinuation", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestListContinuation(ctx, t, s, noCalls)
	}},
	{"ListPaginationRareObject", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestListPaginationRareObject(ctx, t, s, noCalls)
	}},
	{"ListContinuationWithFilter", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestListContinuationWithFilter(ctx, t, s, noCalls)
	}},
	{"ListInconsistentContinuation", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestListInconsistentContinuation(ctx, t, s, s.compact)
	}},
	{"GuaranteedUpdateWithConflict", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestGuaranteedUpdateWithConflict(ctx, t, s)
	}},
	{"GuaranteedUpdateWithSuggestionAndConflict", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestGuaranteedUpdateWithSuggestionAndConflict(ctx, t, s)
	}},
	{"ListPaging", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunTestListPaging(ctx, t, s) }},
	{"NamespaceScopedList", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestNamespaceScopedList(ctx, t, s)
	}},
	{"CompactRevision", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestCompactRevision(ctx, t, s, s.increaseRV, s.compact)
	}},
	{"KeySchema", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunTestKeySchema(ctx, t, s) }},
	{"Watch", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunTestWatch(ctx, t, s) }},
	{"WatchFromZero", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestWatchFromZero(ctx, t, s, s.compactWatch)
	}},
	{"DeleteTriggerWatch", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestDeleteTriggerWatch(ctx, t, s)
	}},
	{"WatchFromNonZero", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunTestWatchFromNonZero(ctx, t, s) }},
	{"DelayedWatchDelivery", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestDelayedWatchDelivery(ctx, t, s)
	}},
	{"WatchContextCancel", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestWatchContextCancel(ctx, t, s)
	}},
	{"WatcherTimeout", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunTestWatcherTimeout(ctx, t, s) }},
	{"WatchDeleteEventObjectHaveLatestRV", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestWatchDeleteEventObjectHaveLatestRV(ctx, t, s)
	}},
	{"WatchInitializationSignal", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestWatchInitializationSignal(ctx, t, s)
	}},
	{"ClusterScopedWatch", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestClusterScopedWatch(ctx, t, s)
	}},
	{"NamespaceScopedWatch", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestNamespaceScopedWatch(ctx, t, s)
	}},
	{"WatchDispatchBookmarkEvents", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunTestWatchDispatchBookmarkEvents(ctx, t, s, s.cached)
	}},
	{"WatchBookmarksWithCorrectResourceVersion", func(ctx context.Context, t *testing.T, s *subject) {
		if !s.cached {
			t.Skip("bookmarks for clients come from the cache; upstream does not run this on its raw storage either")
		}
		storagetesting.RunTestOptionalWatchBookmarksWithCorrectResourceVersion(ctx, t, s)
	}},
	{"SendInitialEventsBackwardCompatibility", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunSendInitialEventsBackwardCompatibility(ctx, t, s)
	}},
	{"WatchSemantics", func(ctx context.Context, t *testing.T, s *subject) { storagetesting.RunWatchSemantics(ctx, t, s) }},
	{"WatchSemanticInitialEventsExtended", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunWatchSemanticInitialEventsExtended(ctx, t, s)
	}},
	{"WatchListMatchSingle", func(ctx context.Context, t *testing.T, s *subject) {
		storagetesting.RunWatchListMatchSingle(ctx, t, s)
	}},
}

// noCalls does not count reads: how many objects etcd evaluates for a page is
// kube-apiserver's affair.
func noCalls(*testing.T, uint64, uint64) {}

// forgets are the tests that need a cluster which really forgets.
var forgets = map[string]bool{"List": true, "ListInconsistentContinuation": true, "WatchFromZero": true, "CompactRevision": true}

func TestUpstreamRaw(t *testing.T) {
	for _, test := range suite {
		t.Run(test.name, func(t *testing.T) {
			on := cluster
			if forgets[test.name] {
				on = forgetful
			}
			subject := &subject{on: on}
			raw, codec, namespaces := newRaw(t, on, subject.compacted.Load)
			beginning, err := raw.GetCurrentResourceVersion(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			subject.Interface = &dated{Interface: raw, beginning: strconv.FormatUint(beginning, 10)}
			subject.checkKey = checkKey(codec, namespaces)
			test.run(t.Context(), t, subject)
		})
	}
}
