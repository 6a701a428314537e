{{/* What both pods have alike: nobody in them is root, and they write to their volumes alone. */}}

{{- define "rekor-rotate.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "rekor-rotate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "rekor-rotate.mounts" -}}
- name: configuration
  mountPath: {{ include "rekor-rotate.configurationFolder" . }}
  readOnly: true
- name: secrets
  mountPath: {{ include "rekor-rotate.secretsFolder" . }}
  readOnly: true
{{- end }}

{{/* The configuration, and the Secrets that are given as `secrets`. */}}
{{- define "rekor-rotate.volumes" -}}
- name: configuration
  configMap:
    name: {{ include "rekor-rotate.configuration" .root }}
    items:
      - key: {{ .root.Values.configuration.key | quote }}
        path: rekor-rotate.yaml
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range .secrets }}
      - secret:
          name: {{ .secret | quote }}
          items:
            - key: {{ .key | quote }}
              path: {{ .file | quote }}
      {{- else }} []
      {{- end }}
{{- end }}

{{/* A program reads its configuration when it starts. */}}
{{- define "rekor-rotate.annotations" -}}
{{- with .own }}{{ toYaml . }}
{{ end -}}
{{- if .root.Values.configuration.text -}}
rekor-rotate/configuration: {{ .root.Values.configuration.text | sha256sum | trunc 16 | quote }}
{{- end }}
{{- end }}

{{- define "rekor-rotate.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
