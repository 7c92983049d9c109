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

{{- /* The label by which pods with the content volume find each other. */ -}}
{{- define "shop.labels" -}}
labels:
  app.kubernetes.io/component: {{ . }}
  content: mounted
{{- end -}}

{{- /* A ReadWriteOnce volume is attached to one node: pods with it go there. The
setup and the scheduled tasks have to. A shop of one pod would rather, and is free to
go elsewhere: bound to its likes, it would wait for a node that was lost, five minutes
and longer, and all others follow it. Of several pods each is bound. */ -}}
{{- define "shop.affinity" -}}
{{- if not .values.volumes.content.shared -}}
{{- $free := and (eq .component "application") (eq (int .values.plan.components.application.plannedReplicas) 1) -}}
affinity:
  podAffinity:
    {{- if $free }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              content: mounted
    {{- else }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            content: mounted
    {{- end }}
{{- end -}}
{{- end -}}

{{- /* The environment of WordPress. Users' values come through a ConfigMap: in a
value of an env entry, $(NAME) would be replaced by another variable, a password say. */ -}}
{{- define "shop.environment" -}}
envFrom:
  - configMapRef:
      name: settings
  - secretRef:
      name: salts
env:
  - name: WORDPRESS_DB_HOST
    value: database
  - name: WORDPRESS_DB_NAME
    valueFrom: {secretKeyRef: {name: database, key: name}}
  - name: WORDPRESS_DB_USER
    valueFrom: {secretKeyRef: {name: database, key: username}}
  - name: WORDPRESS_DB_PASSWORD
    valueFrom: {secretKeyRef: {name: database, key: password}}
  - name: WORDPRESS_TABLE_PREFIX
    value: {{ toJson .Values.tablePrefix }}
  - name: WORDPRESS_CONFIG_EXTRA
    value: require '/etc/store/store.php';
{{- end -}}

{{- define "shop.mounts" -}}
volumeMounts:
  - {name: content, mountPath: /srv/wordpress/wp-content}
  - {name: scripts, mountPath: /etc/store, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  - {name: run, mountPath: /run/apache2}
{{- end -}}

{{- define "shop.volumes" -}}
volumes:
  - name: content
    persistentVolumeClaim:
      claimName: content
  - name: scripts
    configMap:
      name: scripts
  - name: tmp
    emptyDir: {sizeLimit: 256Mi}
  - name: run
    emptyDir: {sizeLimit: 16Mi}
{{- end -}}
