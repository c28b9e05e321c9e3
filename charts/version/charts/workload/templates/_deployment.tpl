{{/* What runs the pods. */}}
{{- define "workload.controller" -}}
{{- include "workload.taken" . }}
{{- if .Values.local }}
{{- include "workload.job" . }}
{{- else }}
{{- include "workload.deployment" . }}
{{- end }}
{{- end -}}

{{- define "workload.deployment" -}}
{{- $name := include "workload.name" . }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "workload.labels" . | nindent 4 }}
  {{- with .Values.branch }}
  annotations: { coloring/branch: {{ . | quote }} }
  {{- end }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } # a new image takes over only when it is ready
  selector:
    matchLabels: {{- include "workload.selector" . | nindent 6 }}
  template: {{- include "workload.pod" . | nindent 4 }}
{{- end -}}
