{{- define "workload.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "workload.name" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "workload.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "workload.selector" . | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - { protocol: TCP, port: {{ .Values.port }} }
      from:
        - podSelector: {}
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .Values.networkPolicy.gatewayNamespace | quote }} } }
        {{- with .Values.networkPolicy.from }}{{ toYaml . | nindent 8 }}{{ end }}
    - ports: # the sidecar's own: metrics for Prometheus wherever it runs
        - { protocol: TCP, port: 15020 }
        - { protocol: TCP, port: 15090 }
{{- end }}
{{- end -}}
