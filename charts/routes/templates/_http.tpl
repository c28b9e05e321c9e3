{{/*
The routes of a VirtualService: one for each version but the baseline, then colourless requests by weight where
there are weights, then the rest to the baseline.
*/}}
{{- define "routes.http" -}}
{{- $ := index . 0 -}}
{{- $place := index . 1 -}}
{{- $plan := include "routes.plan" $ | fromJson -}}
{{- range include "routes.led" (list $ $place) | fromJsonArray }}
{{- include "routes.to" (list $ . (include "routes.ofVersion" (list $ . $place) | fromJsonArray)) }}
{{- end }}
{{- if $.Values.weights }}
- name: {{ include "routes.name" (list $ "by-weight") | quote }}
  {{- $inBaggage := ne $.Values.carrier "header" | ternary (dict "baggage" (dict "regex" (printf "(.*,)?\\s*%s\\s*=.*" $.Values.header))) dict }}
  match:
    - withoutHeaders: {{- merge (dict $.Values.header dict) $inBaggage | toJson | nindent 8 }}
    - headers: { {{ $.Values.header | quote }}: { exact: "-" } }
      {{- with $inBaggage }}
      withoutHeaders: {{- toJson . | nindent 8 }}
      {{- end }}
  route:
    {{- $sum := 0 }}
    {{- range $version, $weight := $.Values.weights }}
    {{- if not (has $version $plan.routed) }}
    {{- fail (printf "weights: %q is no routed version of %s (has: %s)" $version $.Values.service (join ", " $plan.routed)) }}
    {{- end }}
    {{- $sum = add $sum $weight }}
    - destination: { host: {{ $.Values.service | quote }}, subset: {{ $version | quote }} }
      weight: {{ $weight }}
      headers:
        request:
          set: { {{ $.Values.header | quote }}: {{ $version | quote }} }
          {{- if $inBaggage }}
          add: { baggage: "{{ $.Values.header }}={{ $version }}" }
          {{- end }}
    {{- end }}
    {{- if ne (int $sum) 100 }}
    {{- fail (printf "weights: %s together make %d percent, not 100" (toJson $.Values.weights) $sum) }}
    {{- end }}
  {{- include "routes.policy" $ | nindent 2 }}
{{- end }}
{{- include "routes.to" (list $ $.Values.baseline (include "routes.ofBaseline" (list $ $place) | fromJsonArray)) }}
- name: {{ include "routes.name" (list $ $.Values.baseline) | quote }}
  route: [{ destination: { host: {{ $.Values.service | quote }}, subset: {{ $.Values.baseline | quote }} } }]
  {{- include "routes.policy" $ | nindent 2 }}
{{- end -}}

{{/* Routes to a version, but for the last one to the baseline: (list $ VERSION PARTS). */}}
{{- define "routes.to" -}}
{{- $ := index . 0 -}}
{{- $version := index . 1 -}}
{{- range index . 2 }}
- name: "{{ include "routes.name" (list $ $version) }}{{ .suffix }}"
  match: {{- toYaml .match | nindent 4 }}
  {{- with .headers }}
  headers: {{- toYaml . | nindent 4 }}
  {{- end }}
  route: [{ destination: { host: {{ $.Values.service | quote }}, subset: {{ $version | quote }} } }]
  {{- include "routes.policy" $ | nindent 2 }}
{{- end }}
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
