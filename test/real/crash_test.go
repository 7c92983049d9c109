package real

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
)

var (
	crashSeed  = flag.Uint64("crash.seed", 1, "which writes a shop's set-up is killed at")
	crashCount = flag.Int("crash.count", 4, "how often a shop's set-up is killed, if it is not through before")
)

// setUp is a Medusa shop that is not running, with its database and a pod to set it up
// from: what its Job would do is begun and killed by the test.
type setUp struct{ namespace string }

// TestSetUpSurvivesCrashes kills a shop's set-up, the migrations and then the settings,
// while it is about to write. Where it dies is chosen by number of writes, so a seed
// always means the same: PostgreSQL has that write wait until the process is dead. What
// the last attempt leaves is a shop that lacks nothing and has nothing twice.
func TestSetUpSurvivesCrashes(t *testing.T) {
	t.Parallel()
	s := newSetUp(t, "crashes")
	random := rand.New(rand.NewPCG(*crashSeed, 0))
	s.sql(t, `
		create schema crash;
		create sequence crash.writes;
		create table crash.plan (at bigint);
		insert into crash.plan values (null);
		create function crash.wait() returns void language plpgsql as $$ begin
			if nextval('crash.writes') = (select at from crash.plan) then perform pg_sleep(600); end if;
		end $$;
		create function crash.before_ddl() returns event_trigger language plpgsql as $$ begin perform crash.wait(); end $$;
		create function crash.before_write() returns trigger language plpgsql as $$ begin perform crash.wait(); return null; end $$;
		create event trigger crash on ddl_command_start execute function crash.before_ddl();`)

	const migrate, settings = "exec node_modules/.bin/medusa db:migrate --execute-safe-links", "exec node_modules/.bin/medusa exec ./setup/setup.js"
	if !s.crash(t, migrate, 1+random.IntN(300)) {
		t.Error("the migrations were through before they were killed")
	}
	s.complete(t, migrate)
	s.sql(t, `
		drop event trigger crash;
		do $$ declare name text; begin
			for name in select tablename from pg_tables where schemaname = 'public' loop
				execute format('create trigger crash before insert or update or delete on public.%I for each statement execute function crash.before_write()', name);
			end loop;
		end $$;`)
	// It writes some 70 times. What an attempt did not commit the next does again: steps
	// that are all small would not get on.
	const step = 30
	killed := 0
	for killed < *crashCount && s.crash(t, settings, 1+random.IntN(step)) {
		killed++
	}
	if killed == 0 {
		t.Error("the set-up was through before it was killed")
	}
	s.complete(t, settings)
	t.Logf("the set-up was killed %d times; the last attempt wrote %s times", killed, s.sql(t, "select last_value from crash.writes"))

	got := map[string]string{}
	for what := range wholeShop {
		got[what] = s.sql(t, "select count(*) from "+what)
	}
	if diff := cmp.Diff(wholeShop, got); diff != "" {
		t.Errorf("with -crash.seed=%d the shop is not whole (-want +got):\n%s", *crashSeed, diff)
	}
}

// wholeShop is what a shop has, and how much of it.
var wholeShop = map[string]string{
	`"user" where deleted_at is null`: "1",
	`provider_identity p join auth_identity a on a.id = p.auth_identity_id join "user" u on u.id = a.app_metadata ->> 'user_id'`: "1",
	`auth_identity where deleted_at is null`:                    "1",
	`sales_channel where deleted_at is null`:                    "1",
	`api_key where deleted_at is null and title = 'Storefront'`: "1",
	`publishable_api_key_sales_channel l join api_key k on k.id = l.publishable_key_id where l.deleted_at is null and k.title = 'Storefront'`: "1",
	`region where deleted_at is null`:                        "1",
	`region_payment_provider where deleted_at is null`:       "1",
	`stock_location where deleted_at is null`:                "1",
	`sales_channel_stock_location where deleted_at is null`:  "1",
	`location_fulfillment_provider where deleted_at is null`: "1",
	`location_fulfillment_set where deleted_at is null`:      "1",
	`fulfillment_set where deleted_at is null`:               "1",
	`service_zone where deleted_at is null`:                  "1",
	`shipping_profile where deleted_at is null`:              "1",
	`shipping_option where deleted_at is null`:               "1",
	`shipping_option o join shipping_option_price_set l on l.shipping_option_id = o.id join price p on p.price_set_id = l.price_set_id
		where o.deleted_at is null and l.deleted_at is null and p.deleted_at is null`: "1",
	`product where deleted_at is null`: "1",
	`store_platform_release`:           "1",
}

// newSetUp orders a shop and has nothing of it run but its database.
func newSetUp(t *testing.T, name string) setUp {
	t.Helper()
	shared.order(t, fmt.Sprintf(`
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata: {name: %s}
spec:
  engine: medusa
  suspend: true
  parameters: {sampleCatalogue: true}
`, name))
	shared.awaitStore(t, name, "made and suspended", func(store *v1alpha1.Store) bool {
		return store.Status.ObservedGeneration == store.Generation && store.Status.Phase == v1alpha1.StoreSuspended
	})
	s := setUp{"store-" + name}
	database, err := kube.AppsV1().StatefulSets(s.namespace).Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := kube.BatchV1().Jobs(s.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=bootstrap"})
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs.Items) != 1 {
		t.Fatalf("there are %d bootstrap Jobs, want one", len(jobs.Items))
	}
	// Not of the StatefulSet's names: it would take the pod for one too many.
	s.run(t, "postgres", database.Spec.Template.Labels, database.Spec.Template.Spec)
	pod := jobs.Items[0].Spec.Template.Spec
	pod.Containers[0].Command = []string{"node", "-e", "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1e9)"}
	s.run(t, "set-up", nil, pod)
	kubectl(t, "-n", s.namespace, "wait", "--for=condition=Ready", "pod/postgres", "pod/set-up", withPatience)
	if _, said, err := s.shell(t, "node setup/database.js"); err != nil {
		t.Fatalf("reach the database: %v: %s", err, said)
	}
	return s
}

func (s setUp) run(t *testing.T, name string, labels map[string]string, spec corev1.PodSpec) {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace, Labels: labels}, Spec: spec}
	if _, err := kube.CoreV1().Pods(s.namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// shell runs a script where the set-up runs.
func (s setUp) shell(t *testing.T, script string) (out, said string, err error) {
	return shared.Kubectl(t, "-n", s.namespace, "exec", "set-up", "--", "sh", "-c", "cd /srv/medusa; "+script)
}

// sql runs statements in the shop's database.
func (s setUp) sql(t *testing.T, statements string) string {
	t.Helper()
	const psql = `PGPASSWORD="$POSTGRES_PASSWORD" exec psql -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v ON_ERROR_STOP=1 -Atq`
	out, said, err := shared.KubectlAs(t, shared.Kubeconfig(), strings.NewReader(statements), "-n", s.namespace, "exec", "-i", "postgres", "--", "sh", "-c", psql)
	if err != nil {
		t.Fatalf("%s: %v: %s", statements, err, said)
	}
	return strings.TrimSpace(out)
}

// complete has an attempt come to its end.
func (s setUp) complete(t *testing.T, attempt string) {
	t.Helper()
	if out, said, err := s.shell(t, attempt); err != nil {
		t.Fatalf("%s: %v: %s%s", attempt, err, out, said)
	}
}

// waitingWrite returns the write that waits, after it has looked for a few seconds: to
// look from outside costs more than what is looked at.
const waitingWrite = `
	do $$ begin
		for look in 1..30 loop
			perform pg_stat_clear_snapshot();
			exit when exists (select from pg_stat_activity where wait_event = 'PgSleep' and pid <> pg_backend_pid());
			perform pg_sleep(0.1);
		end loop;
	end $$;
	select left(regexp_replace(query, '\s+', ' ', 'g'), 60) from pg_stat_activity where wait_event = 'PgSleep' and pid <> pg_backend_pid() limit 1`

// crash begins an attempt and kills it when it is about to make its at-th write. It
// returns false if the attempt was through before.
func (s setUp) crash(t *testing.T, attempt string, at int) (killed bool) {
	t.Helper()
	s.sql(t, fmt.Sprintf("select setval('crash.writes', 1, false); update crash.plan set at = %d", at))
	type ending struct {
		said string
		err  error
	}
	ended := make(chan ending, 1)
	go func() {
		out, said, err := s.shell(t, attempt)
		ended <- ending{out + said, err}
	}()
	await(t, fmt.Sprintf("write %d of %s", at, attempt), func(context.Context) (bool, string) {
		select {
		case end := <-ended:
			if end.err != nil {
				t.Fatalf("%s: %v: %s", attempt, end.err, end.said)
			}
			return true, ""
		default:
		}
		waits := s.sql(t, waitingWrite)
		if killed = waits != ""; killed {
			t.Logf("killed before write %d of %s: %s", at, attempt, waits)
		}
		return killed, "it is on its way"
	})
	s.sql(t, "update crash.plan set at = null")
	if !killed {
		return false
	}
	// All but the pod's own process, which nothing in the pod can kill, and this shell.
	if _, said, err := s.shell(t, `for process in /proc/[0-9]*; do id=${process#/proc/}; case $id in 1|$$) ;; *) kill -9 "$id" 2>/dev/null || true ;; esac; done`); err != nil {
		t.Fatalf("kill it: %v: %s", err, said)
	}
	if end := <-ended; end.err == nil {
		t.Errorf("%s ended well though it was killed: %s", attempt, end.said)
	}
	// PostgreSQL notices when it writes to the dead, which the waiting one does not.
	await(t, "what the dead began to be rolled back", func(context.Context) (bool, string) {
		left := s.sql(t, `select count(pg_terminate_backend(pid)) from pg_stat_activity
			where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()`)
		return left == "0", left + " connections are left"
	})
	return true
}
