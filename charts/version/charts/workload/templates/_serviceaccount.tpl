{{- define "workload.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "workload.name" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "workload.labels" . | nindent 4 }}
  {{- if .Values.local }}
  annotations: {{- include "workload.session" . | nindent 4 }} # it stays when the Job is gone, and says whose lane was left behind
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
