{{- /* A web server that says whose it is. */ -}}
{{- define "tenant.pod" -}}
serviceAccountName: {{ .values.serviceAccountName }}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 0
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  seccompProfile: {type: RuntimeDefault}
containers:
  - name: server
    image: {{ toJson (index .values.images .component) }}
    imagePullPolicy: {{ .values.imagePullPolicy }}
    command: [sh, -c, 'echo "$NAMESPACE/{{ .component }}" >/www/index.html; exec httpd -f -p {{ .port }} -h /www']
    env:
      - name: NAMESPACE
        valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
    ports:
      - name: http
        containerPort: {{ .port }}
    readinessProbe:
      httpGet: {path: /, port: http}
      periodSeconds: 1
    resources: {{ toJson (index .values.plan.components .component).resources }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    volumeMounts:
      - {name: www, mountPath: /www}
volumes:
  - name: www
    emptyDir: {sizeLimit: 1Mi}
{{- end -}}
