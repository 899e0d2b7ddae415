{{- define "broadcaster.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "broadcaster.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "broadcaster.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "broadcaster.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "broadcaster.selector" -}}
app.kubernetes.io/name: {{ include "broadcaster.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "broadcaster.labels" -}}
{{ include "broadcaster.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* "true" when the value is true, or auto and the cluster has the kinds of the Prometheus operator. */}}
{{- define "broadcaster.operator" -}}
{{- if or (eq (toString .enabled) "true") (and (eq (toString .enabled) "auto") (.capabilities.APIVersions.Has "monitoring.coreos.com/v1")) -}}
true
{{- end }}
{{- end }}
