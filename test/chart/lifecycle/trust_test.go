package lifecycle

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// trustedByServer leaves what kube-apiserver trusts as an API server leaves it that saw a
// rollback to the previous release before it ended: its own authority beside the release's,
// and the field its own. (Here the release's stands there twice.)
func trustedByServer(t testing.TB) {
	t.Helper()
	encoded := kubectl(t, "get", "apiservice", apiService, "-o", "jsonpath={.spec.caBundle}")
	bundle, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	twice := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(bundle), 2)))
	kubectl(t, "patch", "apiservice", apiService, "--field-manager=apiserver", "--type=merge",
		"-p", fmt.Sprintf(`{"spec":{"caBundle":%q}}`, twice))
}
