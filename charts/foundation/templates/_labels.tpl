{{- /* The platform adds the labels of the store and the engine to every object. */ -}}
{{- define "foundation.labels" -}}
labels:
  app.kubernetes.io/component: {{ . }}
{{- end -}}
