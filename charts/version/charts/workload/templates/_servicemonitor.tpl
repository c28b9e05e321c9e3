{{/* (list $ LABELS): scrapes by way of the Service with these labels, and keeps the pods of this version only. */}}
{{- define "workload.serviceMonitor" -}}
{{- $labels := index . 1 }}
{{- with index . 0 }}
{{- if .Values.serviceMonitor.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "workload.name" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "workload.labels" . | nindent 4 }}
    {{- with .Values.serviceMonitor.labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  selector:
    matchLabels: {{- toYaml $labels | nindent 6 }}
  endpoints:
    - port: http
      path: /metrics
      interval: {{ .Values.serviceMonitor.interval | quote }}
      relabelings:
        - { action: keep, sourceLabels: [__meta_kubernetes_pod_label_version], regex: {{ .Values.version | quote }} }
        - { targetLabel: version, replacement: {{ .Values.version | quote }} }
{{- end }}
{{- end }}
{{- end -}}
