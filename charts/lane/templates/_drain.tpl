{{/* An image that can be pulled for sure, and has the same programs: that of the baseline, if the cluster can be asked. */}}
{{- define "lane.drainImage" -}}
{{- $image := .Values.drain.image -}}
{{- if not $image -}}
{{- $baseline := lookup "apps/v1" "Deployment" .Release.Namespace (printf "%s-%s" .Values.service .Values.baseline) -}}
{{- range dig "spec" "template" "spec" "containers" list $baseline -}}
{{- if eq .name "app" }}{{ $image = .image }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $image | default (include "workload.image" .) -}}
{{- end -}}
