{{/*
Versions beside the baseline that callers at a place have routes to, as a JSON list: (list $ PLACE). At the gateway only those
whose part of the fallback is there: written with them, or beforehand, or before the route that is there already.
*/}}
{{- define "routes.led" -}}
{{- $ := index . 0 -}}
{{- $routed := rest (include "routes.plan" $ | fromJson).routed -}}
{{- if or (eq (index . 1) "mesh") (not $.Values.fallback) $.Values.gateway.fallback -}}
{{- toJson $routed -}}
{{- else -}}
{{- $beforehand := lookup "v1" "ConfigMap" $.Release.Namespace (include "routes.beforehand" $) | dig "data" dict | keys -}}
{{- $beforehand = concat $beforehand $.Values.gateway.beforehand -}}
{{- $there := list -}}
{{- range lookup "networking.istio.io/v1" "VirtualService" $.Release.Namespace (printf "%s-gateway" $.Values.service) | dig "spec" "http" list -}}
{{- $there = append $there .name -}}
{{- end -}}
{{- $led := list -}}
{{- range $routed -}}
{{- if or (has . $beforehand) (has (include "routes.name" (list $ .)) $there) -}}
{{- $led = append $led . -}}
{{- end -}}
{{- end -}}
{{- toJson $led -}}
{{- end -}}
{{- end -}}

{{/* By this name the fallback that is there beforehand is found, and in the service's namespace a ConfigMap with its versions. */}}
{{- define "routes.beforehand" -}}
{{- .Values.service }}-beforehand
{{- end -}}

{{/* Before the names of objects in the gateway's namespace. */}}
{{- define "routes.prefix" -}}
{{- with .Values.prefix }}{{ . }}-{{ end -}}
{{- end -}}
