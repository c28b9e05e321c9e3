{{/*
The routes of a VirtualService: one for each version but the baseline, then colourless requests by weight where
there are weights, then the rest to the baseline.
*/}}
{{- define "routes.http" -}}
{{- $plan := include "routes.plan" . | fromJson -}}
{{- range rest $plan.routed }}
- name: {{ include "routes.name" (list $ .) | quote }}
  match: [{ headers: { {{ $.Values.header | quote }}: { exact: {{ . | quote }} } } }]
  route: [{ destination: { host: {{ $.Values.service | quote }}, subset: {{ . | quote }} } }]
  {{- include "routes.policy" $ | nindent 2 }}
{{- end }}
{{- if .Values.weights }}
- name: {{ include "routes.name" (list . "by-weight") | quote }}
  match:
    - { withoutHeaders: { {{ .Values.header | quote }}: {} } }
    - { headers: { {{ .Values.header | quote }}: { exact: "-" } } }
  route:
    {{- $sum := 0 }}
    {{- range $version, $weight := .Values.weights }}
    {{- if not (has $version $plan.routed) }}
    {{- fail (printf "weights: %q is no routed version of %s (has: %s)" $version $.Values.service (join ", " $plan.routed)) }}
    {{- end }}
    {{- $sum = add $sum $weight }}
    - destination: { host: {{ $.Values.service | quote }}, subset: {{ $version | quote }} }
      weight: {{ $weight }}
      headers: { request: { set: { {{ $.Values.header | quote }}: {{ $version | quote }} } } }
    {{- end }}
    {{- if ne (int $sum) 100 }}
    {{- fail (printf "weights: %s together make %d percent, not 100" (toJson .Values.weights) $sum) }}
    {{- end }}
  {{- include "routes.policy" . | nindent 2 }}
{{- end }}
- name: {{ include "routes.name" (list . .Values.baseline) | quote }}
  route: [{ destination: { host: {{ .Values.service | quote }}, subset: {{ .Values.baseline | quote }} } }]
  {{- include "routes.policy" . | nindent 2 }}
{{- end -}}

{{/* The name of a version's route: (list $ VERSION). */}}
{{- define "routes.name" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.prefix }}{{ . }}/{{ end }}{{ $root.Values.service }}/{{ index . 1 }}
{{- end -}}

{{- define "routes.policy" -}}
{{- with .Values.timeout }}timeout: {{ . | quote }}{{ end }}
{{- with .Values.retries }}
retries: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
