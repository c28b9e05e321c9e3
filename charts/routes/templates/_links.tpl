{{/* Sets a cookie and shows the page behind it: (list NAME PATH COOKIE). */}}
{{- define "links.cookie" -}}
- name: {{ index . 0 | quote }}
  match: [{ uri: { exact: {{ index . 1 | quote }} } }]
  redirect: { uri: "/", redirectCode: 302 }
  headers: { response: { set: { set-cookie: {{ index . 2 | quote }} } } }
{{- end -}}

{{/*
Gives a request its colour: (list $ COLOUR HAS-VERSION MATCH). It has the name of the version's own route, and with it
the version's fallback.
*/}}
{{- define "links.coloring" -}}
{{- $values := (index . 0).Values -}}
{{- $color := index . 1 -}}
{{- $subset := ternary $color $values.baseline (index . 2) -}}
{{- $without := dict $values.header dict -}}
{{- $change := dict "set" (dict $values.header $color) -}}
{{- if ne $values.carrier "header" -}}
{{- $_ := set $without "baggage" (dict "regex" (printf "(.*,)?\\s*%s\\s*=.*" $values.header)) -}}
{{- $_ := set $change "add" (dict "baggage" (printf "%s=%s" $values.header $color)) -}}
{{- end -}}
{{- $match := merge (dict "withoutHeaders" $without) (index . 3) -}}
- name: {{ include "routes.name" (list (index . 0) $subset) | quote }}
  match: [{{ toJson $match }}]
  headers: { request: {{ toJson $change }} }
  route: [{ destination: { host: {{ $values.service | quote }}, subset: {{ $subset | quote }} } }]
  {{- include "routes.policy" (index . 0) | nindent 2 }}
{{- end -}}
