package engine

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Secret is a Secret that a shop needs and how to make it. It is made once, in
// the cluster, and never changed afterwards: a key that exists stays.
type Secret struct {
	// Name of the Secret in the store's namespace.
	Name string
	// Component is the value of its app.kubernetes.io/component label.
	Component string
	// Existing is a Secret that is not made: another controller owns it, and it is
	// to have the keys of Data.
	Existing bool
	// Replaceable is a Secret of which no value is in the shop's data.
	Replaceable bool
	// Data are its keys in the order in which to make them.
	Data []SecretKey
}

// SecretKey says how one key is made: by Format if that is set, else Value if
// that is set, else by Length random characters of Alphabet.
type SecretKey struct {
	// Key in the Secret.
	Key string
	// Length of the random value.
	Length int
	// Alphabet of the random value.
	Alphabet Alphabet
	// Value is the value itself.
	Value string
	// Format is a text with references: `$(key)` of the same Secret, `$(secret/key)`
	// of an earlier one.
	Format string
}

// Alphabet is the set of characters of a random value. Every alphabet is safe in
// a URL, a shell word and an SQL string, because formats put them there.
type Alphabet string

const (
	// Alphanumeric is a-z, A-Z and 0-9: 5.95 bits a character.
	Alphanumeric Alphabet = "alphanumeric"
	// Hex is 0-9 and a-f: 4 bits a character.
	Hex Alphabet = "hex"
)

var alphabets = map[Alphabet]string{
	Alphanumeric: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
	Hex:          "0123456789abcdef",
}

// reference is `$(key)` or `$(secret/key)`.
var reference = regexp.MustCompile(`\$\(([^()]*)\)`)

// Make returns the value of the key. Random characters are read from random;
// lookup gives the values of other keys, with the Secret's name empty for the
// same Secret.
func (k SecretKey) Make(random io.Reader, lookup func(secret, key string) (string, bool)) (string, error) {
	switch {
	case k.Format != "":
		return k.expand(lookup)
	case k.Value != "":
		return k.Value, nil
	default:
		return draw(random, alphabets[k.Alphabet], k.Length)
	}
}

func (k SecretKey) expand(lookup func(secret, key string) (string, bool)) (string, error) {
	var missing error
	expanded := reference.ReplaceAllStringFunc(k.Format, func(match string) string {
		secret, key := splitReference(match[2 : len(match)-1])
		value, found := lookup(secret, key)
		if !found && missing == nil {
			missing = fmt.Errorf("expand the format of key %s: %s refers to nothing that exists", k.Key, match)
		}
		return value
	})
	if missing != nil {
		return "", missing
	}
	return expanded, nil
}

// splitReference returns the Secret, empty for the same one, and the key.
func splitReference(name string) (secret, key string) {
	if before, after, found := strings.Cut(name, "/"); found {
		return before, after
	}
	return "", name
}

// draw reads length characters. Bytes past the last whole multiple of the
// alphabet are thrown away: a plain remainder would prefer its first characters.
func draw(random io.Reader, alphabet string, length int) (string, error) {
	if alphabet == "" || length <= 0 {
		return "", fmt.Errorf("make a random value: no alphabet or no length")
	}
	limit := 256 - 256%len(alphabet)
	value := make([]byte, 0, length)
	buffer := make([]byte, 2*length)
	for len(value) < length {
		if _, err := io.ReadFull(random, buffer); err != nil {
			return "", fmt.Errorf("read random bytes: %w", err)
		}
		for _, b := range buffer {
			if int(b) < limit && len(value) < length {
				value = append(value, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(value), nil
}
