{{/*
What is routed and what is only defined, as JSON: {"routed": […], "subset": […]}; baseline first. Every template
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
{{- $states := include "routes.states" . | fromJson -}}
{{- $baselineState := get $states .Values.baseline | default "routed" -}}
{{- if or (not (has .Values.baseline $known)) (ne $baselineState "routed") -}}
{{- fail (include "routes.withoutBaseline" (dict "values" .Values "known" $known "state" $baselineState "namespace" .Release.Namespace)) -}}
{{- end -}}
{{- $routed := list .Values.baseline -}}
{{- range without $known .Values.baseline | sortAlpha -}}
{{- if eq (get $states . | default "routed") "routed" -}}
{{- $routed = append $routed . -}}
{{- end -}}
{{- end -}}
{{- $subset := list -}}
{{- range $version, $state := $states -}}
{{- if eq $state "subset" -}}
{{- $subset = append $subset $version -}}
{{- end -}}
{{- end -}}
{{- dict "routed" $routed "subset" $subset | toJson -}}
{{- end -}}

{{/* What was said of versions, as JSON: {VERSION: STATE}. `states` has the last word, then `draining`, then `exclude`. */}}
{{- define "routes.states" -}}
{{- $states := dict -}}
{{- range .Values.exclude -}}
{{- $_ := set $states . "gone" -}}
{{- end -}}
{{- range .Values.draining -}}
{{- $_ := set $states . "subset" -}}
{{- end -}}
{{- range $version, $state := .Values.states -}}
{{- include "routes.label" (dict "what" "states" "name" $version) -}}
{{- if $state -}}
{{- $_ := set $states $version $state -}}
{{- end -}}
{{- end -}}
{{- toJson $states -}}
{{- end -}}

{{- define "routes.withoutBaseline" -}}
{{- $has := join ", " .known | default "none" -}}
service {{ .values.service }}: no baseline "{{ .values.baseline }}" among its versions ({{ $has }})
{{- if ne .state "routed" }}: its state is "{{ .state }}"{{ end -}}
; without it requests of any other colour have nowhere to go.
{{- if .values.versions }} Add it to versions
{{- else }} Deploy it in namespace {{ .namespace }} first (charts/version); without a cluster (helm template) name versions, e.g. --set versions={{ "{" }}{{ .values.baseline }}{{ "}" }}
{{- end }}, or name another: baseline.
{{- end -}}

{{/*
The versions whose Deployments are in the namespace, as a JSON list; and those that are somebody's computer, by a Job of
charts/version, until that has ended.
*/}}
{{- define "routes.deployed" -}}
{{- $versions := list -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $ready := gt (int (dig "status" "readyReplicas" 0 .)) 0 -}}
{{- if and (eq (get $labels "app") $.Values.service) (hasKey $labels "version") (or $.Values.fallback $ready) -}}
{{- $versions = append $versions (get $labels "version") -}}
{{- end -}}
{{- end -}}
{{- range (lookup "batch/v1" "Job" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $ready := gt (int (dig "status" "ready" 0 .)) 0 -}}
{{- $ended := or .metadata.deletionTimestamp (dig "status" "completionTime" "" .) -}}
{{- $isLocal := hasKey (.metadata.annotations | default dict) "coloring/local-session" -}}
{{- if and $isLocal (not $ended) (eq (get $labels "app") $.Values.service) (hasKey $labels "version") (or $.Values.fallback $ready) -}}
{{- $versions = append $versions (get $labels "version") -}}
{{- end -}}
{{- end -}}
{{- if ne (len $versions) (len (uniq $versions)) -}}
{{- fail (printf "service %s: two Deployments (or Jobs of somebody's computer) in namespace %s carry the same label version (%s): remove one" .Values.service .Release.Namespace (join ", " $versions)) -}}
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
