package validation

import (
	"slices"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
)

// validateText refuses texts that are not UTF-8. Protobuf carries any bytes and
// JSON, in which Stores are stored, would silently make other ones of them: a
// client that applies them would change the Store each time.
func validateText(store, stored *stores.Store) field.ErrorList {
	if stored == nil {
		stored = &stores.Store{}
	}
	metadata, spec := field.NewPath("metadata"), field.NewPath("spec")
	var errs field.ErrorList
	for key, value := range store.Annotations {
		if before, ok := stored.Annotations[key]; !ok || before != value {
			errs = append(errs, requireText(value, metadata.Child("annotations").Key(key))...)
		}
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	for i, owner := range store.OwnerReferences {
		if slices.ContainsFunc(stored.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == owner.UID && o.Name == owner.Name }) {
			continue
		}
		path := metadata.Child("ownerReferences").Index(i)
		errs = append(errs, requireText(owner.APIVersion, path.Child("apiVersion"))...)
		errs = append(errs, requireText(owner.Kind, path.Child("kind"))...)
		errs = append(errs, requireText(owner.Name, path.Child("name"))...)
		errs = append(errs, requireText(string(owner.UID), path.Child("uid"))...)
	}
	for _, text := range []struct{ name, value, stored string }{
		{"engine", store.Spec.Engine, stored.Spec.Engine},
		{"version", store.Spec.Version, stored.Spec.Version},
		{"plan", store.Spec.Plan, stored.Spec.Plan},
		{"displayName", store.Spec.DisplayName, stored.Spec.DisplayName},
	} {
		if text.value != text.stored {
			errs = append(errs, requireText(text.value, spec.Child(text.name))...)
		}
	}
	for i, volume := range store.Spec.Storage {
		if !slices.ContainsFunc(stored.Spec.Storage, func(s stores.VolumeStorage) bool { return s.Name == volume.Name }) {
			errs = append(errs, requireText(volume.Name, spec.Child("storage").Index(i).Child("name"))...)
		}
	}
	return errs
}

func requireText(value string, path *field.Path) field.ErrorList {
	if utf8.ValidString(value) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, strings.ToValidUTF8(value, string(utf8.RuneError)), "must be UTF-8 text")}
}
