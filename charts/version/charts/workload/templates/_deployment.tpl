{{- define "workload.deployment" -}}
{{- $name := include "workload.name" . }}
{{- include "workload.taken" . }}
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
  template:
    metadata:
      labels:
        {{- include "workload.labels" . | nindent 8 }}
        {{- with .Values.labels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        kubectl.kubernetes.io/default-container: app
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ .Values.port | quote }}
        prometheus.io/path: /metrics
        {{- with .Values.annotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ $name | quote }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "workload.gracePeriod" . }}
      securityContext: {{- include "workload.podSecurity" . | nindent 8 }}
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
            matchLabels: {{- include "workload.selector" . | nindent 14 }}
      containers:
        - name: app
          image: {{ include "workload.image" . | quote }}
          imagePullPolicy: {{ .Values.imagePullPolicy | quote }}
          securityContext: {{- include "workload.containerSecurity" . | nindent 12 }}
          ports:
            - { name: http, containerPort: {{ .Values.port }} }
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
            httpGet: { path: {{ $probe.path | quote }}, port: http }
            {{- else }}
            tcpSocket: { port: http }
            {{- end }}
            {{- toYaml (omit $probe "path") | nindent 12 }}
          {{- end }}
          lifecycle:
            # Kubernetes takes the pod out of the endpoints and stops it at the same time: it goes on answering
            # until every proxy has heard of it.
            preStop: { sleep: { seconds: {{ .Values.shutdown.preStopSeconds }} } }
          resources: {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: 64Mi }
{{- end -}}
