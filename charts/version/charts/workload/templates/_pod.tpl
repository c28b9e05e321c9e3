{{/* The template of its pods: of a Deployment, or of the Job by which a computer is this version. */}}
{{- define "workload.pod" -}}
{{- $name := include "workload.name" . -}}
metadata:
  labels:
    {{- include "workload.labels" . | nindent 4 }}
    {{- with .Values.labels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    kubectl.kubernetes.io/default-container: app
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ .Values.port | quote }}
    prometheus.io/path: /metrics
    {{- if .Values.local }}
    {{- include "workload.session" . | nindent 4 }}
    {{- end }}
    {{- with .Values.annotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  {{- if .Values.local }}
  restartPolicy: OnFailure
  {{- end }}
  serviceAccountName: {{ $name | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "workload.gracePeriod" . }}
  securityContext: {{- include "workload.podSecurity" . | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "workload.selector" . | nindent 10 }}
  containers:
    - name: app
      image: {{ include "workload.image" . | quote }}
      imagePullPolicy: {{ .Values.imagePullPolicy | quote }}
      securityContext: {{- include "workload.containerSecurity" . | nindent 8 }}
      ports:
        - { name: http, containerPort: {{ .Values.port }} }
        {{- if .Values.local }}
        - { name: health, containerPort: {{ include "workload.healthPort" . }} }
        {{- end }}
      env:
        - { name: PORT, value: {{ .Values.port | quote }} }
        - { name: PROJECT_VERSION, value: {{ .Values.version | quote }} }
        - { name: SERVICE_NAME, value: {{ .Values.service | quote }} }
        {{- range $name, $value := .Values.env }}
        - { name: {{ $name | quote }}, value: {{ toString $value | quote }} }
        {{- end }}
      {{- range $kind, $probe := .Values.probes }}
      {{ $kind }}Probe:
        {{- if $probe.path }}
        httpGet: { path: {{ $probe.path | quote }}, port: {{ empty $.Values.local | ternary "http" "health" }} }
        {{- else }}
        tcpSocket: { port: http }
        {{- end }}
        {{- toYaml (omit $probe "path") | nindent 8 }}
      {{- end }}
      lifecycle:
        # Kubernetes takes the pod out of the endpoints and stops it at the same time: it goes on answering
        # until every proxy has heard of it.
        preStop: { sleep: { seconds: {{ .Values.shutdown.preStopSeconds }} } }
      resources: {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
  volumes:
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
{{- end -}}
