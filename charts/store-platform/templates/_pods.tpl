{{/* What the pods of the API server, the provisioner and the dashboard have in common. */}}

{{- define "platform.podAnnotations" -}}
{{/* A changed configuration restarts the pods, one at a time. */ -}}
checksum/config: {{ include "platform.config" .root | sha256sum }}
{{- with .settings.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "platform.podSpec" -}}
{{- $priority := .settings.priorityClassName -}}
{{- if and .essential .root.Values.priorityClass.create -}}
{{- $priority = $priority | default .root.Values.priorityClass.name -}}
{{- end -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $priority }}
priorityClassName: {{ . }}
{{- end }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $.selector | nindent 8 }}
    # Counted within one rollout, or the old pods push the new ones together.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "platform.container" -}}
image: {{ include "platform.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- with get .settings "resources" }}{{- /* null takes the default away */}}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "platform.logArgs" -}}
- --logging-format={{ .Values.logs.format }}
- -v={{ .Values.logs.verbosity }}
{{- end -}}

{{- define "platform.mounts" -}}
- name: config
  mountPath: /etc/store-platform/config.yaml
  subPath: config.yaml
  readOnly: true
{{- if .Values.audit.enabled }}
- name: config
  mountPath: /etc/store-platform/audit-policy.yaml
  subPath: audit-policy.yaml
  readOnly: true
{{- end }}
{{- if .Values.engines.volume }}
- name: engines
  mountPath: /etc/store-platform/engines
  readOnly: true
{{- end }}
{{- end -}}

{{- define "platform.volumes" -}}
- name: config
  configMap:
    name: store-platform
{{- with .Values.engines.volume }}
- name: engines
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The certificate of a pod: what signed it is nothing that the pod needs. */}}
{{- define "platform.tlsVolume" -}}
- name: tls
  secret:
    secretName: {{ . }}
    items:
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
{{- end -}}
