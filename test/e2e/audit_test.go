package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/generated/clientset/versioned"
)

// auditEvent is what an audit log tells of one request.
type auditEvent struct {
	Verb             string
	User             struct{ Username string }
	ImpersonatedUser *struct{ Username string }
	ObjectRef        struct{ Resource, Subresource, Name string }
	ResponseStatus   struct{ Code int }
	Annotations      map[string]string
}

// untilAudited waits until an audit log has the event that the test is about.
func untilAudited(t testing.TB, path, what string, is func(auditEvent) bool) {
	t.Helper()
	eventually(t, "the audit log "+path+" tells of "+what, func(context.Context) error {
		log, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for line := range bytes.Lines(log) {
			var event auditEvent
			if err := json.Unmarshal(line, &event); err == nil && is(event) { // the last may be half written
				return nil
			}
		}
		return errors.New("it does not")
	})
}

// auditedWith waits until our audit log has an annotation of a request about a store.
func auditedWith(t testing.TB, name, key, value string) {
	t.Helper()
	untilAudited(t, auditLog, key+" of "+name, func(e auditEvent) bool {
		return e.ObjectRef.Name == name && e.Annotations[key] == value
	})
}

// TestAuditNamesTheUser finds every kind of write in both audit logs, done or
// refused, under the name of who asked for it.
func TestAuditNamesTheUser(t *testing.T) {
	t.Parallel()
	const name, reporter = "audit-all", "e2e-reporter"
	admin, stranger := user(t, "e2e-auditor", "store-admin"), user(t, "e2e-nobody", "")
	permit(t, kube, "e2e-reporter", `[{apiGroups: [platform.example.io], resources: [stores/status], verbs: [patch]}]`, reporter)
	reporting := user(t, reporter, "")
	store := newStore(t, name)
	store.Spec.Suspend, store.Labels = true, map[string]string{"e2e": "audit"}
	eventually(t, "the administrator may order", func(ctx context.Context) error {
		_, err := admin.Create(ctx, store, metav1.CreateOptions{})
		return err
	})
	untilSettled(t, name)
	patch := []byte(`{"metadata":{"annotations":{"a":"b"}}}`)
	// Each is tried until it has its code: rights arrive by a watch, and the
	// provisioner may write in between.
	for _, c := range []struct {
		verb, subresource, user string
		code                    int
		do                      func(context.Context) error
	}{
		{"update", "", "e2e-auditor", http.StatusOK, func(ctx context.Context) error {
			current, err := admin.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			_, err = admin.Update(ctx, current, metav1.UpdateOptions{})
			return err
		}},
		{"patch", "", "e2e-auditor", http.StatusOK, func(ctx context.Context) error {
			_, err := admin.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
			return err
		}},
		{"patch", "status", reporter, http.StatusOK, func(ctx context.Context) error {
			_, err := reporting.Patch(ctx, name, types.MergePatchType, []byte(`{"status":{"adminURL":"x"}}`), metav1.PatchOptions{}, "status")
			return err
		}},
		{"patch", "", "e2e-auditor", http.StatusUnprocessableEntity, func(ctx context.Context) error {
			_, err := admin.Patch(ctx, name, types.MergePatchType, []byte(`{"spec":{"plan":"none"}}`), metav1.PatchOptions{})
			return refusedWith(http.StatusUnprocessableEntity, err)
		}},
		{"deletecollection", "", "e2e-auditor", http.StatusOK, func(ctx context.Context) error {
			return admin.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "e2e=audited-nothing"})
		}},
		{"delete", "", "e2e-auditor", http.StatusOK, func(ctx context.Context) error {
			return admin.Delete(ctx, name, metav1.DeleteOptions{})
		}},
	} {
		what := fmt.Sprintf("%s %s by %s with %d", c.verb, c.subresource, c.user, c.code)
		eventually(t, what+" is done", c.do)
		logs := []string{cluster.LogPath("audit")}
		if c.subresource == "" { // the chart's policy leaves out what the provisioner reports all day
			logs = append(logs, auditLog)
		}
		for _, path := range logs {
			untilAudited(t, path, what, func(e auditEvent) bool {
				return e.Verb == c.verb && e.User.Username == c.user && e.ObjectRef.Resource == "stores" &&
					e.ObjectRef.Subresource == c.subresource && e.ResponseStatus.Code == c.code &&
					(e.ObjectRef.Name == name || c.verb == "deletecollection")
			})
		}
	}
	// What kube-apiserver refuses never reaches us: its log has it.
	if err := refusedWith(http.StatusForbidden, stranger.Delete(t.Context(), name, metav1.DeleteOptions{})); err != nil {
		t.Error(err)
	}
	untilAudited(t, cluster.LogPath("audit"), "what was forbidden", func(e auditEvent) bool {
		return e.Verb == "delete" && e.User.Username == "e2e-nobody" && e.ObjectRef.Name == name && e.ResponseStatus.Code == http.StatusForbidden
	})
}

// TestImpersonation has an administrator act as somebody: that one is the
// creator, and kube-apiserver's log has both.
func TestImpersonation(t *testing.T) {
	t.Parallel()
	user(t, "e2e-impersonated", "store-editor")
	config := rest.CopyConfig(cluster.RESTConfig())
	config.Impersonate = rest.ImpersonationConfig{UserName: "e2e-impersonated"}
	as := versioned.NewForConfigOrDie(config).PlatformV1alpha1().Stores()
	store := newStore(t, "impersonated")
	suspended(store)
	eventually(t, "the impersonated user may order", func(ctx context.Context) error {
		_, err := as.Create(ctx, store, metav1.CreateOptions{})
		return err
	})
	if creator := get(t, store.Name).Status.Creator; creator != "e2e-impersonated" {
		t.Errorf("the creator is %q", creator)
	}
	untilAudited(t, auditLog, "the impersonated user", func(e auditEvent) bool {
		return e.Verb == "create" && e.User.Username == "e2e-impersonated" && e.ObjectRef.Name == store.Name && e.ResponseStatus.Code == http.StatusCreated
	})
	untilAudited(t, cluster.LogPath("audit"), "the impersonator", func(e auditEvent) bool {
		return e.Verb == "create" && e.User.Username == "localcluster-admin" && e.ImpersonatedUser != nil &&
			e.ImpersonatedUser.Username == "e2e-impersonated" && e.ResponseStatus.Code == http.StatusCreated
	})
	if err := as.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: v1alpha1.LabelStore}); refusedWith(http.StatusForbidden, err) != nil {
		t.Errorf("an administrator who acts as an editor deletes many: %v", err)
	}
}

// refusedWith returns nil for a refusal with the code.
func refusedWith(code int32, err error) error {
	var status interface{ Status() metav1.Status }
	if errors.As(err, &status) && status.Status().Code == code {
		return nil
	}
	return fmt.Errorf("want a refusal with %d, got %w", code, err)
}
