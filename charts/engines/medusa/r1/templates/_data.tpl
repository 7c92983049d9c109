{{- define "shop.settings" -}}
NODE_ENV: production
NODE_OPTIONS: {{ printf "--max-old-space-size=%v" .Values.plan.values.nodeHeapMegabytes | toJson }}
HOME: /tmp
XDG_CONFIG_HOME: /tmp
MEDUSA_DISABLE_TELEMETRY: "1"
MEDUSA_WORKER_MODE: shared
MEDUSA_BACKEND_URL: {{ toJson .Values.url }}
PORT: {{ toString .Values.port | toJson }}
ADMIN_CORS: {{ join "," .Values.urls | toJson }}
STORE_CORS: {{ concat .Values.urls .Values.parameters.storefrontOrigins | uniq | join "," | toJson }}
AUTH_CORS: {{ concat .Values.urls .Values.parameters.storefrontOrigins | uniq | join "," | toJson }}
STORE_RELEASE: {{ printf "%s-%s" .Values.engine.version .Values.engine.revision | toJson }}
STORE_INTERNAL_URL: http://application
STORE_TITLE: {{ toJson .Values.store.displayName }}
{{- with .Values.parameters }}
STORE_REGION: {{ toJson .regionName }}
STORE_CURRENCY: {{ toJson .currency }}
STORE_COUNTRIES: {{ join "," .countries | toJson }}
STORE_SHIPPING_PRICE: {{ toJson .shippingPrice | toJson }}
STORE_SAMPLE_CATALOGUE: {{ toString .sampleCatalogue | toJson }}
{{- end }}
{{- end -}}

{{- define "shop.scripts" -}}
{{- range list "bootstrap.sh" "database.js" "delivery.js" "sample.js" "setup.js" "verify.js" "wait.js" }}
{{ . }}: |
  {{- $.Files.Get (printf "files/%s" .) | trim | nindent 2 }}
{{- end }}
{{- end -}}
