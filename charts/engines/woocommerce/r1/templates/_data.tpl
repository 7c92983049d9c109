{{- define "shop.settings" -}}
STORE_ROOT: /srv/wordpress
STORE_RELEASE: {{ printf "%s-%s" .Values.engine.version .Values.engine.revision | toJson }}
STORE_VERSION: {{ toJson .Values.engine.version }}
STORE_URL: {{ toJson .Values.url }}
STORE_HOST: {{ toJson .Values.host }}
STORE_HOSTS: {{ join "," .Values.hosts | toJson }}
STORE_TITLE: {{ toJson .Values.store.displayName }}
{{- with .Values.parameters }}
STORE_CURRENCY: {{ toJson .currency }}
STORE_COUNTRY: {{ toJson .country }}
STORE_STREET: {{ toJson .storeAddress.street }}
STORE_CITY: {{ toJson .storeAddress.city }}
STORE_POSTCODE: {{ toJson .storeAddress.postcode }}
STORE_LOCALE: {{ toJson .locale }}
STORE_SAMPLE_PRODUCTS: {{ toString .sampleProducts | toJson }}
{{- end }}
STORE_ADMIN_EMAIL: {{ dig "adminEmail" (printf "admin@%s" .Values.host) .Values.parameters | toJson }}
APACHE_WORKERS: {{ toString .Values.plan.values.apacheWorkers | toJson }}
{{- end -}}

{{- define "shop.scripts" -}}
{{- range list "bootstrap.sh" "wait.sh" "database.php" "store.php" }}
{{ . }}: |
  {{- $.Files.Get (printf "files/%s" .) | trim | nindent 2 }}
{{- end }}
{{- end -}}
