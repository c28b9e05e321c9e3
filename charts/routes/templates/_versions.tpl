{{/*
What is routed and what is only defined, as JSON: {"routed": […], "draining": […]}; baseline first. Every template
begins here, so whatever is wrong with the names fails the render before anything is applied.
*/}}
{{- define "routes.plan" -}}
{{- include "routes.label" (dict "what" "service" "name" .Values.service) -}}
{{- include "routes.label" (dict "what" "baseline" "name" .Values.baseline) -}}
{{- range $list := list "versions" "draining" "exclude" -}}
{{- $seen := list -}}
{{- range get $.Values $list -}}
{{- include "routes.label" (dict "what" $list "name" .) -}}
{{- if has . $seen -}}
{{- fail (printf "%s: %q is there twice; do two branches shorten to the same version name? rename one" $list .) -}}
{{- end -}}
{{- $seen = append $seen . -}}
{{- end -}}
{{- end -}}
{{- $known := .Values.versions -}}
{{- if not $known -}}
{{- $known = include "routes.deployed" . | fromJsonArray -}}
{{- end -}}
{{- $routed := list -}}
{{- range $known | sortAlpha -}}
{{- if not (or (has . $.Values.draining) (has . $.Values.exclude) (eq . $.Values.baseline)) -}}
{{- $routed = append $routed . -}}
{{- end -}}
{{- end -}}
{{- if or (not (has .Values.baseline $known)) (has .Values.baseline .Values.draining) (has .Values.baseline .Values.exclude) -}}
{{- fail (include "routes.withoutBaseline" (dict "values" .Values "known" $known "namespace" .Release.Namespace)) -}}
{{- end -}}
{{- dict "routed" (prepend $routed .Values.baseline) "draining" (.Values.draining | sortAlpha) | toJson -}}
{{- end -}}

{{- define "routes.withoutBaseline" -}}
{{- $has := join ", " .known | default "none" -}}
service {{ .values.service }}: no baseline "{{ .values.baseline }}" among its versions ({{ $has }})
{{- if has .values.baseline (concat .values.draining .values.exclude) }}: it is draining or excluded{{ end -}}
; without it requests of any other colour have nowhere to go.
{{- if .values.versions }} Add it to versions
{{- else }} Deploy it in namespace {{ .namespace }} first (charts/version); without a cluster (helm template) name versions, e.g. --set versions={{ "{" }}{{ .values.baseline }}{{ "}" }}
{{- end }}, or name another: baseline.
{{- end -}}

{{/* The versions whose Deployments are in the namespace, as a JSON list. */}}
{{- define "routes.deployed" -}}
{{- $versions := list -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $ready := gt (int (dig "status" "readyReplicas" 0 .)) 0 -}}
{{- if and (eq (get $labels "app") $.Values.service) (hasKey $labels "version") (or $.Values.fallback $ready) -}}
{{- $versions = append $versions (get $labels "version") -}}
{{- end -}}
{{- end -}}
{{- if ne (len $versions) (len (uniq $versions)) -}}
{{- fail (printf "service %s: two Deployments in namespace %s carry the same label version (%s): remove one" .Values.service .Release.Namespace (join ", " $versions)) -}}
{{- end -}}
{{- toJson $versions -}}
{{- end -}}

{{/* Fails unless .name is a DNS-1123 label; says how it could be spelt. */}}
{{- define "routes.label" -}}
{{- if not .name -}}
{{- fail (printf "%s is missing: --set %s=NAME" .what .what) -}}
{{- else if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" .name) -}}
{{- $slug := trimAll "-" (regexReplaceAll "[^a-z0-9]+" (lower .name) "-") -}}
{{- fail (printf "%s: %q is not a DNS-1123 label (a-z, 0-9, -)%s" .what .name (ternary (printf "; write %s" $slug) "" (ne $slug ""))) -}}
{{- end -}}
{{- end -}}

{{- define "routes.labels" -}}
app: {{ .Values.service | quote }}
app.kubernetes.io/name: {{ .Values.service | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}
