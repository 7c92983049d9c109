{{/*
The names are fixed, not derived from the release: an APIService exists once in
a cluster, and the accounts are what the platform's permissions and documents
speak of.
*/}}

{{/* Helm itself adds app.kubernetes.io/managed-by to what it installs. */}}
{{- define "platform.labels" -}}
app.kubernetes.io/name: store-platform
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "platform.selector" -}}
app.kubernetes.io/name: store-platform
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "platform.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Secret that pods mount; where the API server keeps its certificate itself, none. */}}
{{- define "platform.servingSecret" -}}
{{- if eq .Values.servingCertificate.mode "SelfManaged" -}}
{{- else if eq .Values.servingCertificate.mode "Existing" -}}
{{ required "servingCertificate.secretName is required in mode Existing" .Values.servingCertificate.secretName }}
{{- else -}}
store-apiserver-tls
{{- end -}}
{{- end -}}

{{/* What has pods of its own. */}}
{{- define "platform.components" -}}
- apiserver
{{- if eq .Values.provisioner.mode "Deployment" }}
- provisioner
{{- end }}
{{- if .Values.dashboard.enabled }}
- dashboard
{{- end }}
{{- end -}}

{{- define "platform.dashboardSecret" -}}
{{- if .Values.dashboard.tlsSecretName -}}
{{ .Values.dashboard.tlsSecretName }}
{{- else if eq .Values.servingCertificate.mode "CertManager" -}}
store-dashboard-tls
{{- end -}}
{{- end -}}

{{/* In process, the API server's account does the provisioner's work. */}}
{{- define "platform.provisionerSubjects" -}}
- kind: ServiceAccount
  name: store-provisioner
  namespace: {{ .Release.Namespace }}
{{- if eq .Values.provisioner.mode "InProcess" }}
- kind: ServiceAccount
  name: store-apiserver
  namespace: {{ .Release.Namespace }}
{{- end }}
{{- end -}}

{{/* Unless the values name others, the provisioner's own pods ask the shops. */}}
{{- define "platform.config" -}}
{{- $component := ternary "apiserver" "provisioner" (eq .Values.provisioner.mode "InProcess") -}}
{{- $selector := include "platform.selector" (dict "root" . "component" $component) | fromYaml -}}
{{- $prober := dict "namespace" .Release.Namespace "podSelector" (dict "matchLabels" $selector) -}}
{{- $config := mustMergeOverwrite (dict "network" (dict "prober" $prober)) (deepCopy .Values.config) -}}
{{- with dig "network" "prober" "podSelector" nil .Values.config }}
{{- $_ := set $config.network.prober "podSelector" . -}}
{{- end -}}
apiVersion: config.platform.example.io/v1alpha1
kind: PlatformConfiguration
{{ toYaml $config }}
{{- if .Values.engines.volume }}
engineDirectory: /etc/store-platform/engines
{{- end }}
{{- end -}}
