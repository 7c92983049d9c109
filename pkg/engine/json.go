package engine

import (
	"encoding/json"
	"fmt"
	"strings"
)

// toJSON replaces Helm's function of that name. Templates put users' text into
// YAML with it, and JSON leaves characters alone that YAML refuses or takes for
// the end of a line; here they are escaped, which both read the same.
func toJSON(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode JSON: %w", err)
	}
	var escaped strings.Builder
	for _, r := range string(text) {
		if r >= 0x7f && r <= 0x9f || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		} else {
			escaped.WriteRune(r)
		}
	}
	return escaped.String(), nil
}
