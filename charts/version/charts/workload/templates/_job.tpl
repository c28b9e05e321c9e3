{{/*
Somebody's computer is this version: in its place runs a relay, which carries each connection there. Without its computer
it ends by itself, and Kubernetes takes a Job away that has ended: no controller, no token.
*/}}
{{- define "workload.job" -}}
{{- if or .Values.autoscaling.enabled (ne (int .Values.replicas) 1) }}
{{- fail "local: one computer is one pod: leave replicas and autoscaling away" }}
{{- end }}
{{- $relay := include "workload.relay" . | fromYaml -}}
{{- $scope := set (omit . "Values") "Values" (merge $relay (omit .Values "image" "env" "probes" "shutdown" "resources")) }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "workload.name" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "workload.labels" . | nindent 4 }}
  annotations: {{- include "workload.session" . | nindent 4 }}
spec:
  completions: 1
  backoffLimit: 1000 # a pod that is evicted or deleted is made anew
  ttlSecondsAfterFinished: 0
  template: {{- include "workload.pod" $scope | nindent 4 }}
{{- end -}}

{{/* Whose computer it is. */}}
{{- define "workload.session" -}}
coloring/local-by: {{ .Values.local.by | quote }}
coloring/local-since: {{ .Values.local.since | quote }}
coloring/local-session: {{ .Values.local.session | quote }}
{{- end -}}

{{/* Values of the pod that are the relay's, not the service's. */}}
{{- define "workload.relay" -}}
image: {{ .Values.image | default "localhost/coloring/relay:latest" | quote }}
env:
  RELAY_PUBLIC_KEY: {{ .Values.local.publicKey | quote }}
  RELAY_HEALTH_PORT: {{ include "workload.healthPort" . | quote }}
  RELAY_TTL_SECONDS: {{ .Values.local.ttlSeconds | default 60 | quote }}
  NODE_OPTIONS: --max-old-space-size=24 --max-semi-space-size=1 # relay/README.md says what that saves
# It says within a second whether computer and process answer.
probes:
  readiness: { path: /readyz, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 }
  liveness: { path: /healthz, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 3 }
# By then no route leads here any more, or the relay itself sends requests back, to the baseline.
shutdown: { preStopSeconds: 2, gracePeriodSeconds: 10 }
resources:
  requests: { cpu: 10m, memory: 32Mi }
  limits: { cpu: "1", memory: 64Mi }
{{- end -}}

{{- define "workload.healthPort" -}}
{{- .Values.local.healthPort | default 15101 -}}
{{- end -}}
