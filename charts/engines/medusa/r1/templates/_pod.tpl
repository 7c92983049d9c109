{{- /* What every pod of the shop has in common. */ -}}
{{- define "shop.pod" -}}
serviceAccountName: {{ .Values.serviceAccountName }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- end -}}

{{- define "shop.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "shop.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* Sessions live in the process without a cache: more than one pod needs it. */ -}}
{{- define "shop.hasCache" -}}
{{- if gt (int .Values.plan.components.application.plannedReplicas) 1 }}true{{ end -}}
{{- end -}}

{{- /* The environment of Medusa. Users' values come through a ConfigMap: in a
value of an env entry, $(NAME) would be replaced by another variable, a password say. */ -}}
{{- define "shop.environment" -}}
envFrom:
  - configMapRef:
      name: settings
  - secretRef:
      name: tokens
env:
  - name: DATABASE_URL
    valueFrom: {secretKeyRef: {name: database, key: url}}
  {{- if include "shop.hasCache" . }}
  - name: REDIS_URL
    valueFrom: {secretKeyRef: {name: cache, key: url}}
  {{- end }}
{{- end -}}
