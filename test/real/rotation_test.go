package real

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// rotation is what docs/secrets.md has somebody type who gives the database of store
// acme another password, for one engine.
func rotation(t *testing.T, engine string) string {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(filepath.Join(root, "docs", "secrets.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(document), "\n### Database\n")
	_, block, _ := strings.Cut(chapter, "\n```sh\n")
	block, _, found := strings.Cut(block, "\n```\n")
	if !found {
		t.Fatal("docs/secrets.md has no commands below Database")
	}
	// Paragraphs that begin with an engine's name are that engine's; others are for all.
	var kept []string
	own := false
	for paragraph := range strings.SplitSeq(block, "\n\n") {
		whose, rest, _ := strings.Cut(paragraph, "\n")
		name, named := strings.CutPrefix(whose, "# ")
		switch {
		case !named:
			kept = append(kept, paragraph)
		case name == engine:
			own = true
			kept = append(kept, rest)
		}
	}
	if !own {
		t.Fatalf("docs/secrets.md has no commands for the database of %s:\n%s", engine, block)
	}
	return strings.Join(kept, "\n")
}

// follow types commands of a document that are about store acme, for another one.
func (p platform) follow(t *testing.T, commands, store string) {
	t.Helper()
	programs := t.TempDir()
	root, err := controlplane.ModuleRoot()
	if err == nil {
		err = os.Symlink(filepath.Join(root, ".local", "bin", "kubectl"), filepath.Join(programs, "kubectl"))
	}
	if err != nil {
		t.Fatal(err)
	}
	commands = strings.ReplaceAll(commands, "store-acme", "store-"+store)
	shell := exec.CommandContext(t.Context(), "bash", "-o", "errexit", "-o", "nounset", "-o", "pipefail", "-c", commands)
	shell.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "KUBECONFIG="+p.Kubeconfig(), "HOME="+programs)
	if said, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%s\nends with %v: %s", commands, err, said)
	}
}

// databaseSecret reads a key of a store's Secret.
func (p platform) databaseSecret(t *testing.T, store, key string) string {
	t.Helper()
	return p.kubectl(t, "-n", "store-"+store, "get", "secret", "database", "-o", "go-template={{index .data \""+key+"\" | base64decode}}")
}

// rotatesMariaDB gives the database of a WooCommerce shop another password, as the
// document says it.
func (p platform) rotatesMariaDB(t *testing.T, store string) {
	t.Helper()
	before := p.databaseSecret(t, store, "password")
	p.follow(t, rotation(t, "WooCommerce"), store)
	// By TCP, as the shop comes.
	const ask = `IFS= read -r MYSQL_PWD; export MYSQL_PWD; exec mariadb --host=127.0.0.1 --user=wordpress --batch --skip-column-names --execute="select 'welcome'"`
	connect := func(password string) string {
		out, said, _ := p.KubectlAs(t, p.Kubeconfig(), strings.NewReader(password+"\n"), "-n", "store-"+store, "exec", "-i", "database-0", "--", "sh", "-c", ask)
		return out + said
	}
	if got := connect(before); !strings.Contains(got, "Access denied") {
		t.Errorf("with the password before, the database says %q", got)
	}
	if got := connect(p.databaseSecret(t, store, "password")); got != "welcome\n" {
		t.Errorf("with the new password, the database says %q", got)
	}
}

// rotatesPostgreSQL gives a Medusa shop's database another password, as the document says it:
// the shop knows the new one, the old one is refused, and the shop sells.
func (s shop) rotatesPostgreSQL(t *testing.T, id string) {
	t.Helper()
	before := s.databaseSecret(t, s.name, "url")
	s.follow(t, rotation(t, "Medusa"), s.name)
	s.kubectl(t, "-n", s.namespace(), "rollout", "status", "deployment/application", withPatience)

	now := s.databaseSecret(t, s.name, "url")
	if now == before {
		t.Error("the Secret has the password before")
	}
	if has := strings.TrimSpace(s.kubectl(t, "-n", s.namespace(), "exec", "deployment/application", "--", "sh", "-c", `echo "$DATABASE_URL"`)); has != now {
		t.Error("the shop's pod has another password than its Secret")
	}
	// From the pod, as the shop does: the database trusts who is in its own.
	connect := func(url string) string {
		const client = `new (require("pg").Client)({ connectionString: require("fs").readFileSync(0, "utf8") })`
		const ask = `const c = ` + client + `; c.connect().then(() => { console.log("welcome"); return c.end() }, (error) => console.log(error.code))`
		out, said, err := s.KubectlAs(t, s.Kubeconfig(), strings.NewReader(url), "-n", s.namespace(), "exec", "-i", "deployment/application", "-c", "medusa", "--", "node", "-e", ask)
		if err != nil {
			t.Fatalf("connect to the database: %v: %s", err, said)
		}
		return strings.TrimSpace(out)
	}
	const wrongPassword = "28P01" // https://www.postgresql.org/docs/current/errcodes-appendix.html
	if got := connect(before); got != wrongPassword {
		t.Errorf("with the password before, the database says %q", got)
	}
	if got := connect(now); got != "welcome" {
		t.Errorf("with the new password, the database says %q", got)
	}
	s.awaitReady(t, s.name)
	s.has(t, id, "with another password of its database")
	t.Logf("order %s placed with another password of the database", s.buy(t))
}
