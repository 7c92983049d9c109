package provisioner

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestMarkOf(t *testing.T) {
	secret := func(uid types.UID, change func(*corev1.Secret)) *corev1.Secret {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{UID: uid}, Data: map[string][]byte{"a": []byte("bc"), "d": []byte("e")}}
		if change != nil {
			change(secret)
		}
		return secret
	}
	of := markOf(secret("one", nil))
	tests := []struct {
		name, reason string
		secret       *corev1.Secret
		same         bool
	}{
		{"again", "what is as it was restarts nothing", secret("one", nil), true},
		{"metadata", "a label, or the note of a controller, is nothing that pods read",
			secret("one", func(s *corev1.Secret) { s.Labels, s.ResourceVersion = map[string]string{"a": "b"}, "2" }), true},
		{"value", "pods are to read it", secret("one", func(s *corev1.Secret) { s.Data["d"] = []byte("f") }), false},
		{"key", "another variable is another environment", secret("one", func(s *corev1.Secret) { s.Data["f"] = nil }), false},
		{"other bounds", "the same letters are other values", secret("one", func(s *corev1.Secret) { s.Data = map[string][]byte{"ab": []byte("c"), "d": []byte("e")} }), false},
		{"other uid", "whoever does not know the uid cannot try out values", secret("two", nil), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if same := markOf(test.secret) == of; same != test.same {
				t.Errorf("the mark is the same: %t, want %t: %s", same, test.same, test.reason)
			}
		})
	}
	if len(of) != 32 || strings.Trim(of, "0123456789abcdef") != "" {
		t.Errorf("a mark is %q", of)
	}
}
