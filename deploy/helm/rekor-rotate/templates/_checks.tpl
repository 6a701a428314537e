{{/*
What the schema cannot say: that what is needed is given, and that the configuration and the values mean the same log and the
same addresses. Two that differ would be found by the first rotation, or by clients.
*/}}
{{- define "rekor-rotate.check" -}}
{{- $needed := dict
  "image.repository" .Values.image.repository
  "log" .Values.log
  "rekor.namespace" .Values.rekor.namespace
  "rekor.deployment" .Values.rekor.deployment
  "rekor.service" .Values.rekor.service }}
{{- $operator := .Values.rekor.operator }}
{{- if $operator.securesign }}
  {{- $needed = set $needed "rekor.operator.rekor" $operator.rekor }}
{{- else if not $operator.rekor }}
  {{- $needed = set $needed "rekor.list.name" .Values.rekor.list.name }}
{{- end }}
{{- range $name, $value := $needed }}
  {{- if not $value }}
    {{- fail (printf "%s is empty. Give it with --set %s=... or in a values file; values.yaml says what it is." $name $name) }}
  {{- end }}
{{- end }}
{{- with .Values.gate.insertedAt }}
  {{- if gt (int $.Values.gate.replicas) 1 }}
    {{- fail (printf "gate.insertedAt is %s, and gate.replicas is %d: one gate alone is inserted for a rotation. Leave out one of them." . (int $.Values.gate.replicas)) }}
  {{- end }}
  {{- if not $.Values.gate.enabled }}
    {{- fail (printf "gate.insertedAt is %s, and gate.enabled is false: there is no gate to insert. Leave out one of them." .) }}
  {{- end }}
  {{- if ne $.Release.Namespace $.Values.rekor.namespace }}
    {{- fail (printf "gate.insertedAt is %s, and the release is in the namespace %s. A Service leads to pods of its own namespace: install the release in that of Rekor, %s." . $.Release.Namespace $.Values.rekor.namespace) }}
  {{- end }}
{{- end }}
{{- $given := .Values.configuration }}
{{- if and $given.text $given.existingConfigMap }}
  {{- fail "configuration.text and configuration.existingConfigMap are both given. Give one of them." }}
{{- end }}
{{- if $given.text }}
  {{- include "rekor-rotate.checkText" . }}
{{- else if not $given.existingConfigMap }}
  {{- fail "configuration.text is empty. Give the text of rekor-rotate.yaml with --set-file configuration.text=rekor-rotate.yaml, or the name of a ConfigMap as configuration.existingConfigMap." }}
{{- end }}
{{- end }}

{{- define "rekor-rotate.checkText" -}}
{{- $values := .Values }}
{{- $read := fromYaml .Values.configuration.text }}
{{- with $read.Error }}
  {{- fail (printf "configuration.text is no YAML: %s" .) }}
{{- end }}
{{- $logs := $read.logs | default dict }}
{{- if not (hasKey $logs .Values.log) }}
  {{- fail (printf "log is %s, and configuration.text has the logs [%s]. Name one of these." .Values.log (keys $logs | sortAlpha | join ", ")) }}
{{- end }}
{{- $log := get $logs .Values.log | default dict }}
{{- $installation := $log.installation | default dict }}
{{- if ne (toString $installation.kind) "kubernetes" }}
  {{- fail (printf "logs.%s.installation.kind in configuration.text is %s; this chart is for kubernetes." .Values.log (toString $installation.kind)) }}
{{- end }}
{{- range $key := list "namespace" "deployment" "service" }}
  {{- $wanted := get $values.rekor $key }}
  {{- if ne (toString (get $installation $key)) $wanted }}
    {{- fail (printf "logs.%s.installation.%s in configuration.text is %s, and rekor.%s is %s. Give both the same name." $values.log $key (toString (get $installation $key)) $key $wanted) }}
  {{- end }}
{{- end }}
{{- if ne $values.gate.enabled (hasKey $log "gate") }}
  {{- fail (printf "gate.enabled is %v, and logs.%s.gate in configuration.text is %s. Let both have a gate, or neither." $values.gate.enabled $values.log (ternary "given" "absent" (hasKey $log "gate"))) }}
{{- end }}
{{- if $values.gate.enabled }}
{{- $gate := $log.gate | default dict }}
{{- $insertedAt := toString ($gate.insertedAt | default "") }}
{{- if ne $insertedAt $values.gate.insertedAt }}
  {{- fail (printf "logs.%s.gate.insertedAt in configuration.text is %s, and gate.insertedAt is %s. Give both the same name, or neither." $values.log ($insertedAt | default "absent") ($values.gate.insertedAt | default "empty")) }}
{{- end }}
{{- if $insertedAt }}
  {{- $gateService := include "rekor-rotate.gate" . }}
  {{- if ne (toString $gate.service) $gateService }}
    {{- fail (printf "logs.%s.gate.service in configuration.text is %s; the Service of this gate is %s." $values.log (toString ($gate.service | default "absent")) $gateService) }}
  {{- end }}
{{- end }}
{{- $addresses := dict "listen" $values.gate.ports.traffic "admin" $values.gate.ports.admin }}
{{- range $key, $port := $addresses }}
  {{- $found := toString (get $gate $key) }}
  {{- $allowed := list (printf "0.0.0.0:%d" (int $port)) (printf "[::]:%d" (int $port)) }}
  {{- if not (has $found $allowed) }}
    {{- fail (printf "logs.%s.gate.%s in configuration.text is %s; in a pod it must be %s." $values.log $key $found (join " or " $allowed)) }}
  {{- end }}
{{- end }}
{{- if gt (int $values.gate.replicas) 1 }}
  {{- $members := include "rekor-rotate.memberAddresses" . }}
  {{- $found := join ", " ($gate.members | default list) }}
  {{- if ne $found $members }}
    {{- fail (printf "logs.%s.gate.members in configuration.text is [%s]; these %d gates are [%s]." $values.log $found (int $values.gate.replicas) $members) }}
  {{- end }}
{{- else }}
{{- if $gate.members }}
  {{- fail (printf "logs.%s.gate.members in configuration.text is [%s], and gate.replicas is 1. Leave out the members, or give as many replicas." $values.log (join ", " $gate.members)) }}
{{- end }}
{{- $adminHost := printf "%s.%s.svc" (include "rekor-rotate.gateAdmin" .) .Release.Namespace }}
{{- $adminAddress := toString $gate.adminAddress }}
{{- if not (and (hasPrefix $adminHost $adminAddress) (hasSuffix (printf ":%d" (int $values.gate.ports.admin)) $adminAddress)) }}
  {{- fail (printf "logs.%s.gate.adminAddress in configuration.text is %s; the worker reaches this gate at %s:%d." $values.log $adminAddress $adminHost (int $values.gate.ports.admin)) }}
{{- end }}
{{- end }}
{{- $state := printf "%s/" (include "rekor-rotate.stateFolder" .) }}
{{- range $key := list "stateFile" "spoolDirectory" }}
  {{- $found := toString (get $gate $key) }}
  {{- if not (hasPrefix $state $found) }}
    {{- fail (printf "logs.%s.gate.%s in configuration.text is %s; the gate may write below %s alone." $values.log $key $found $state) }}
  {{- end }}
{{- end }}
{{- $folder := printf "%s/" (include "rekor-rotate.secretsFolder" .) }}
{{- $token := toString (get ($gate.token | default dict) "file") }}
{{- $files := list }}
{{- range $values.secrets.shared }}
  {{- $files = append $files (printf "%s%s" $folder .file) }}
{{- end }}
{{- if not (has $token $files) }}
  {{- fail (printf "logs.%s.gate.token.file in configuration.text is %s, and secrets.shared makes the files [%s]. Name one of these." $values.log $token (join ", " $files)) }}
{{- end }}
{{- end }}
{{- end }}
