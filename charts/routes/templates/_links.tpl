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

{{/*
All routes of links: the cookies, then the hosts, then the cookies that were set. In a VirtualService of their own, unless
something else has a say in requests without a colour: then they stand before it, in the same one, as Istio keeps no order
between VirtualServices of one host.
*/}}
{{- define "links.routes" -}}
{{- $led := include "routes.led" (list . "gateway") | fromJsonArray }}
{{- $routed := rest (include "routes.plan" . | fromJson).routed }}
{{- $colors := concat $routed .Values.links.colors | uniq | sortAlpha }}
{{- include "links.cookie" (list "links/none" "/.lane/" (printf "%s=; Path=/; Max-Age=0" .Values.header)) }}
{{- range $colors }}
{{ include "links.cookie" (list (printf "links/%s" .) (printf "/.lane/%s" .) (printf "%s=%s; Path=/; SameSite=Lax" $.Values.header .)) }}
{{- end }}
{{- range $color := $colors }}
{{- $match := dict "authority" (dict "prefix" (printf "%s.%s" $color $.Values.links.domain)) }}
{{ include "links.coloring" (list $ $color (has $color $led) $match) }}
{{- end }}
{{- range $color := $colors }}
{{- $match := dict "headers" (dict "cookie" (dict "regex" (printf "(.*; ?)?%s=%s(;.*)?" $.Values.header $color))) }}
{{ include "links.coloring" (list $ $color (has $color $led) $match) }}
{{- end }}
{{- end -}}

{{/* The routes before those by colour, at the gateway; empty where there are none. */}}
{{- define "links.before" -}}
{{- if .Values.guard.header -}}
{{- $others := dict "withoutHeaders" (dict .Values.guard.header (dict "exact" .Values.guard.value)) -}}
{{- $cookie := dict "headers" (dict "cookie" (dict "regex" (printf "(.*; ?)?%s=.*" .Values.header))) -}}
{{ include "links.guard" (list . "guard/cookie" (merge $cookie $others) (list .Values.header "baggage" "cookie")) }}
{{ include "links.guard" (list . "guard" $others (list .Values.header "baggage")) }}
{{- end }}
{{- if and .Values.links.domain (or .Values.guard.header .Values.weights) }}
{{ include "links.routes" . }}
{{- end }}
{{- end -}}

{{/* Takes colours away from those who may not choose one: (list $ NAME MATCH HEADERS). */}}
{{- define "links.guard" -}}
{{- $values := (index . 0).Values -}}
- name: {{ include "routes.name" (list (index . 0) (index . 1)) | quote }}
  match: [{{ toJson (index . 2) }}]
  headers: { request: { remove: {{ toJson (index . 3) }} } }
  route: [{ destination: { host: {{ $values.service | quote }}, subset: {{ $values.baseline | quote }} } }]
  {{- include "routes.policy" (index . 0) | nindent 2 }}
{{- end -}}
