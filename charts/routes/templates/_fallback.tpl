{{/*
For each of these versions, (list $ PLACE KIND VERSIONS), an aggregate cluster, which takes the first of its members that has a healthy
endpoint, and the route of that version led to it. A version that is only a subset has both: a proxy may still have the
route, or have it before this. istio/fallback.yaml says why each part is there.
*/}}
{{- define "routes.fallback" -}}
{{- $ := index . 0 -}}
{{- $place := index . 1 -}}
{{- $kind := index . 2 -}}
{{- $host := printf "%s.%s.svc.cluster.local" $.Values.service $.Release.Namespace -}}
{{- range $version := index . 3 }}
{{- $cluster := printf "%s|%v|%s|%s" $kind $.Values.port $version $host }}
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
            - "outbound|{{ $.Values.port }}|{{ $version }}|{{ $host }}"
            - "outbound|{{ $.Values.port }}|{{ $.Values.baseline }}|{{ $host }}"
{{- range include "routes.ofVersion" (list $ $version $place) | fromJsonArray }}
- applyTo: HTTP_ROUTE
  match:
    context: ANY
    routeConfiguration: { vhost: { route: { name: "{{ include "routes.name" (list $ $version) }}{{ .suffix }}" } } }
  patch:
    operation: MERGE
    value:
      route:
        cluster: {{ $cluster | quote }}
        {{- if $.Values.retryAtBaseline }}
        retry_policy:
          {{- if not (or $.Values.retries.retryOn (eq (toString $.Values.retries.attempts) "0")) }}
          retry_on: connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,reset
          {{- end }}
          retriable_status_codes: [503]
          retry_priority:
            name: envoy.retry_priorities.previous_priorities
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig
              update_frequency: 1
        {{- end }}
{{- end }}
{{- end }}
{{- end -}}
