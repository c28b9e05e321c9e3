{{/*
For each version but the baseline: an aggregate cluster, which takes the first of its members that has a healthy
endpoint, and the route of that version led to it. A draining version keeps its cluster: a proxy may still have
the route.
*/}}
{{- define "routes.fallback" -}}
{{- $plan := include "routes.plan" . | fromJson -}}
{{- $host := printf "%s.%s.svc.cluster.local" .Values.service .Release.Namespace -}}
{{- range $version := concat (rest $plan.routed) $plan.draining }}
{{- $cluster := printf "fallback|%v|%s|%s" $.Values.port $version $host }}
- applyTo: CLUSTER
  match: { context: ANY }
  patch:
    operation: ADD
    value:
      name: {{ $cluster }}
      connect_timeout: 10s
      lb_policy: CLUSTER_PROVIDED
      cluster_type:
        name: envoy.clusters.aggregate
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig
          clusters:
            - outbound|{{ $.Values.port }}|{{ $version }}|{{ $host }}
            - outbound|{{ $.Values.port }}|{{ $.Values.baseline }}|{{ $host }}
{{- if has $version $plan.routed }}
- applyTo: HTTP_ROUTE
  match:
    context: ANY
    routeConfiguration: { vhost: { route: { name: {{ include "routes.name" (list $ $version) }} } } }
  patch:
    operation: MERGE
    value: { route: { cluster: {{ $cluster | quote }} } }
{{- end }}
{{- end }}
{{- end -}}
