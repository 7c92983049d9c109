package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	// A target without spaces, in brackets behind a text; images among them.
	markdownLink    = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)`)
	markdownHeading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	markdownCode    = regexp.MustCompile("`[^`]+`")
	// A shown command and the words behind it, as far as they can be targets.
	makeCommand  = regexp.MustCompile(`(?:^|[\s(;&])make((?: [a-z][a-z0-9-]*)+)`)
	makeTarget   = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
	testName     = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
)

// page is a document, taken apart.
type page struct {
	sourceFile
	prose   string   // everything but fenced blocks and code
	code    []string // lines of fenced blocks, and what stands in backquotes
	anchors map[string]bool
}

// readPage reads a document as GitHub shows it.
func readPage(file sourceFile) page {
	p := page{sourceFile: file, anchors: map[string]bool{}}
	var prose strings.Builder
	fence := ""
	for line := range strings.SplitSeq(string(file.content), "\n") {
		marker := strings.TrimLeft(line, " ")
		switch {
		case fence != "" && strings.HasPrefix(marker, fence):
			fence = ""
		case fence != "":
			p.code = append(p.code, line)
		case strings.HasPrefix(marker, "```"), strings.HasPrefix(marker, "~~~"):
			fence = marker[:3]
		default:
			if heading := markdownHeading.FindStringSubmatch(line); heading != nil {
				p.anchor(slug(heading[1]))
			}
			prose.WriteString(line + "\n")
		}
	}
	// Code may run over the end of a line, and hold what looks like a link.
	p.prose = markdownCode.ReplaceAllStringFunc(prose.String(), func(code string) string {
		p.code = append(p.code, strings.ReplaceAll(strings.Trim(code, "`"), "\n", " "))
		return "code"
	})
	return p
}

// anchor adds a heading's; of headings that are the same, the later are counted.
func (p page) anchor(slug string) {
	unique := slug
	for n := 1; p.anchors[unique]; n++ {
		unique = slug + "-" + strconv.Itoa(n)
	}
	p.anchors[unique] = true
}

// slug is the anchor that GitHub gives a heading.
func slug(heading string) string {
	text := markdownLink.ReplaceAllString(heading, "]")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

func TestSlug(t *testing.T) {
	for _, c := range []struct{ name, heading, want, reason string }{
		{"words", "The API is down", "the-api-is-down", "lower case, hyphens for spaces"},
		{"punctuation", "Upgrade, rollback, removal", "upgrade-rollback-removal", "commas go"},
		{"sign between spaces", "Store & Engine", "store--engine", "the sign goes and both spaces stay"},
		{"code", "`spec.hosts` of a Store", "spechosts-of-a-store", "backquotes and dots go"},
		{"hyphen", "Two-phase commit", "two-phase-commit", "hyphens stay"},
		{"link", "See [the API](api.md#writes)", "see-the-api", "a link is its text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := slug(c.heading); got != c.want {
				t.Errorf("slug(%q) = %q, want %q: %s", c.heading, got, c.want, c.reason)
			}
		})
	}
}

func pages(t *testing.T) map[string]page {
	t.Helper()
	all := map[string]page{}
	for _, file := range handwritten(t, ".md") {
		all[file.path] = readPage(file)
	}
	return all
}

// TestDocumentLinks follows every link from one document of the repository to
// another file of it, and to the heading it means.
func TestDocumentLinks(t *testing.T) {
	all, anchors := pages(t), 0
	for _, p := range all {
		for _, match := range markdownLink.FindAllStringSubmatch(p.prose, -1) {
			target, anchor := match[1], match[2]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path := p.path
			if target != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(p.path), target))
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s links to %s, which is not there", p.path, target)
				continue
			}
			if anchor == "" {
				continue
			}
			anchors++
			if !all[path].anchors[anchor] {
				t.Errorf("%s links to %s#%s, and %s has no such heading", p.path, target, anchor, path)
			}
		}
	}
	if anchors < 20 {
		t.Errorf("%d links to headings were followed: the reader of documents has gone blind", anchors)
	}
}

// TestDocumentCommands wants every `make` that a document shows to be a target.
func TestDocumentCommands(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, match := range makeTarget.FindAllSubmatch(makefile, -1) {
		targets[string(match[1])] = true
	}
	seen := 0
	for _, p := range pages(t) {
		for _, line := range p.code {
			line, _, _ = strings.Cut(line, "#")
			for _, match := range makeCommand.FindAllStringSubmatch(line, -1) {
				for _, target := range strings.Fields(match[1]) {
					seen++
					if !targets[target] {
						t.Errorf("%s shows `make %s`, and the Makefile has no such target", p.path, target)
					}
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d commands were found: the reader of documents has gone blind", seen)
	}
}

// TestDocumentTests wants every test that a document names to be one.
func TestDocumentTests(t *testing.T) {
	tests := map[string]bool{}
	for _, file := range handwritten(t, ".go") {
		for _, match := range testFunction.FindAllSubmatch(file.content, -1) {
			tests[string(match[1])] = true
		}
	}
	seen := 0
	for _, p := range pages(t) {
		for _, name := range testName.FindAllString(string(p.content), -1) {
			seen++
			if !tests[name] {
				t.Errorf("%s names %s, and there is no such test", p.path, name)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d tests were found named: the reader of documents has gone blind", seen)
	}
}
