{{- define "workload.test" -}}
{{- $name := include "workload.name" . }}
# A Service for this one version, there only while the test runs: routes may not lead here yet. Its name is not the
# pod's: a pod takes its own name for itself.
apiVersion: v1
kind: Service
metadata:
  name: "{{ $name }}-tested"
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "workload.labels" . | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-weight: "-1"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  selector: {{- include "workload.selector" . | nindent 4 }}
  ports:
    - { name: http, port: {{ .Values.port }}, targetPort: http, appProtocol: http }
---
# In a namespace with injection this pod has a sidecar, so it is let in under STRICT mTLS too.
apiVersion: v1
kind: Pod
metadata:
  name: "{{ $name }}-test"
  namespace: {{ .Release.Namespace | quote }}
  labels:
    app: "{{ $name }}-test"
    app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  activeDeadlineSeconds: 90
  terminationGracePeriodSeconds: 1
  securityContext: {{- include "workload.podSecurity" . | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  containers:
    - name: ask
      image: {{ .Values.test.image | default (include "workload.image" .) | quote }}
      imagePullPolicy: {{ .Values.imagePullPolicy | quote }}
      securityContext: {{- include "workload.containerSecurity" . | nindent 8 }}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      env:
        - { name: URL, value: "http://{{ $name }}-tested:{{ .Values.port }}/" }
        - { name: EXPECTED, value: {{ .Values.version | quote }} }
      command: [node, --input-type=module, --eval]
      args:
        - |
          {{- .Subcharts.workload.Files.Get "files/ask.mjs" | nindent 10 }}
{{- end -}}
