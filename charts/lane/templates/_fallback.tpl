{{/*
An aggregate cluster, which takes the first of its members that has a healthy endpoint, and the route of this version
led to it. istio/fallback.yaml says why each part is there.
*/}}
{{- define "lane.fallback" -}}
{{- $member := printf "outbound|%v||%s-%%s.%s.svc.cluster.local" .Values.port .Values.service .Release.Namespace -}}
{{- $cluster := printf $member .Values.version | replace "outbound|" "fallback|" -}}
- applyTo: CLUSTER
  match: { context: ANY }
  patch:
    operation: ADD
    value:
      name: {{ $cluster | quote }}
      connect_timeout: 10s
      lb_policy: CLUSTER_PROVIDED
      circuit_breakers:
        thresholds:
          - max_connections: 4294967295
            max_pending_requests: 4294967295
            max_requests: 4294967295
            max_retries: 4294967295
      cluster_type:
        name: envoy.clusters.aggregate
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig
          clusters:
            - {{ printf $member .Values.version | quote }}
            - {{ printf $member .Values.baseline | quote }}
- applyTo: HTTP_ROUTE
  match:
    context: ANY
    routeConfiguration: { vhost: { route: { name: {{ include "lane.rule" . | quote }} } } }
  patch:
    operation: MERGE
    value:
      route:
        cluster: {{ $cluster | quote }}
        {{- if .Values.retryAtBaseline }}
        retry_policy:
          retry_on: connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,reset
          retriable_status_codes: [503]
          retry_priority:
            name: envoy.retry_priorities.previous_priorities
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig
              update_frequency: 1
        {{- end }}
{{- end -}}
