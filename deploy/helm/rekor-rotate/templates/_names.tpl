{{- define "rekor-rotate.worker" -}}
{{ .Release.Name | trunc 51 | trimSuffix "-" }}-worker
{{- end }}

{{- define "rekor-rotate.gate" -}}
{{ .Release.Name | trunc 51 | trimSuffix "-" }}-gate
{{- end }}

{{- define "rekor-rotate.gateAdmin" -}}
{{ include "rekor-rotate.gate" . }}-admin
{{- end }}

{{- define "rekor-rotate.gateMembers" -}}
{{ include "rekor-rotate.gate" . }}-members
{{- end }}

{{/* Where workers and the other gates call each gate: gate.members of the configuration. */}}
{{- define "rekor-rotate.memberAddresses" -}}
{{- $addresses := list }}
{{- range $number := until (int .Values.gate.replicas) }}
  {{- $addresses = append $addresses (printf "%s-%d.%s.%s.svc:%d" (include "rekor-rotate.gate" $) $number (include "rekor-rotate.gateMembers" $) $.Release.Namespace (int $.Values.gate.ports.admin)) }}
{{- end }}
{{- join ", " $addresses }}
{{- end }}

{{- define "rekor-rotate.configuration" -}}
{{ .Values.configuration.existingConfigMap | default (printf "%s-configuration" (.Release.Name | trunc 48 | trimSuffix "-")) }}
{{- end }}

{{/* Where things are in the pods; the configuration names files below the last two. */}}
{{- define "rekor-rotate.configurationFolder" -}} /etc/rekor-rotate {{- end }}
{{- define "rekor-rotate.secretsFolder" -}} /etc/rekor-rotate-secrets {{- end }}
{{- define "rekor-rotate.stateFolder" -}} /var/lib/rekor-rotate {{- end }}

{{/* What selects the pods of a component; never changes for a release. */}}
{{- define "rekor-rotate.selector" -}}
app.kubernetes.io/name: rekor-rotate
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "rekor-rotate.labels" -}}
{{ include "rekor-rotate.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "rekor-rotate.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* How the gate calls the standing Rekor, as the worker reads it from the Service. */}}
{{- define "rekor-rotate.standingRekor" -}}
http://{{ .Values.rekor.service }}.{{ .Values.rekor.namespace }}.svc
{{- if ne (int .Values.rekor.servicePort) 80 }}:{{ .Values.rekor.servicePort }}{{ end }}
{{- end }}
