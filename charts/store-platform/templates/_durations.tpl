{{/* Durations as Go has them, 1h30m, in seconds, to be compared. */}}
{{- define "platform.seconds" -}}
{{- $units := dict "ns" 1e-9 "us" 1e-6 "µs" 1e-6 "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+[^0-9.]+" . -1 -}}
{{- $unit := regexFind "[^0-9.]+$" . -}}
{{- $sum = addf $sum (mulf (trimSuffix $unit . | float64) (get $units $unit)) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/* What the API server would refuse at its start. */}}
{{- define "platform.checkLifetimes" -}}
{{- $lifetime := include "platform.seconds" .lifetime | float64 -}}
{{- if lt $lifetime 15.0 -}}
{{- printf "servingCertificate.lifetime is %s, in which a certificate cannot be renewed: make it 15s at least, and 2160h for other purposes than a test" .lifetime | fail -}}
{{- end -}}
{{- if lt (include "platform.seconds" .authorityLifetime | float64) (mulf 2.0 $lifetime) -}}
{{- printf "servingCertificate.authorityLifetime is %s: make it twice servingCertificate.lifetime (%s) at least, or what signs a certificate would run out before it" .authorityLifetime .lifetime | fail -}}
{{- end -}}
{{- end -}}

{{/* What every pod would refuse at its start. */}}
{{- define "platform.checkBackoff" -}}
{{- $least := get . "minBackoff" | default "1s" -}}
{{- $most := get . "maxBackoff" | default "5m" -}}
{{- if gt (include "platform.seconds" $least | float64) (include "platform.seconds" $most | float64) -}}
{{- printf "config.provisioning.minBackoff is %s, and maxBackoff %s: the first must be at most the second" $least $most | fail -}}
{{- end -}}
{{- end -}}
