{{/*
Puts into (list $ RESULT) as RESULT.services: for each service of this lane a scope as templates have it, whose Values
are those of the service before those of the lane. Fails where they cannot be; every template begins here.
*/}}
{{- define "lane.services" -}}
{{- $root := index . 0 -}}
{{- $services := list -}}
{{- $names := list -}}
{{- if and $root.Values.services $root.Values.service -}}
{{- fail (printf "service: %q, and a list of services: which? Put it into the list" $root.Values.service) -}}
{{- end -}}
{{- range $own := $root.Values.services | default (list dict) -}}
{{- $values := deepCopy (omit $root.Values "services") -}}
{{- include "lane.overlay" (list $values $own) -}}
{{- include "lane.check" (dict "values" $values "names" $names) -}}
{{- $names = append $names $values.service -}}
{{- $services = append $services (set (omit $root "Values") "Values" $values) -}}
{{- end -}}
{{- $_ := set (index . 1) "services" $services -}}
{{- end -}}

{{/* Puts the second map over the first, at every depth. sprig's merges take false and 0 for nothing. */}}
{{- define "lane.overlay" -}}
{{- $onto := index . 0 -}}
{{- range $name, $value := index . 1 -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $onto $name)) -}}
{{- include "lane.overlay" (list (get $onto $name) $value) -}}
{{- else -}}
{{- $_ := set $onto $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "lane.check" -}}
{{- with .values -}}
{{- include "workload.label" (dict "what" "service" "name" .service) -}}
{{- include "workload.label" (dict "what" "version" "name" .version) -}}
{{- include "workload.label" (dict "what" "baseline" "name" .baseline) -}}
{{- if not (or .mesh .entry) -}}
{{- fail (printf "service %s: with mesh: false and entry: false nobody would be steered to its versions" .service) -}}
{{- end -}}
{{- end -}}
{{- if has .values.service .names -}}
{{- fail (printf "services: %q is there twice" .values.service) -}}
{{- end -}}
{{- end -}}

{{/* By this name the fallback finds the route: unique in the mesh. */}}
{{- define "lane.rule" -}}
{{- with .Values.prefix }}{{ . }}.{{ end }}{{ .Values.service }}.{{ .Values.version -}}
{{- end -}}

{{/* A port of a Service. */}}
{{- define "lane.port" -}}
{ name: {{ .Values.protocol }}, port: {{ .Values.port }}, targetPort: http, appProtocol: {{ .Values.protocol }} }
{{- end -}}

{{/* Of the Gateway. */}}
{{- define "lane.gatewayNamespace" -}}
{{- .Values.gateway.namespace | default .Release.Namespace -}}
{{- end -}}
