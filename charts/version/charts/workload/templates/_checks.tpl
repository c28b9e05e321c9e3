{{/* Fails where the name belongs to something else already; only known in a cluster, not in `helm template`. */}}
{{- define "workload.taken" -}}
{{- $name := include "workload.name" . -}}
{{- with lookup "apps/v1" "Deployment" .Release.Namespace $name -}}
{{- $labels := .metadata.labels | default dict -}}
{{- if or (ne (get $labels "app") $.Values.service) (ne (get $labels "version") $.Values.version) -}}
{{- fail (printf "Deployment %s is version %q of service %q; %s of %s would have the same name: choose another version name" $name (get $labels "version") (get $labels "app") $.Values.version $.Values.service) -}}
{{- end -}}
{{- $branch := get (.metadata.annotations | default dict) "coloring/branch" -}}
{{- if and $branch $.Values.branch (ne $branch $.Values.branch) -}}
{{- fail (printf "version %s of %s belongs to branch %q; branch %q shortens to the same name: rename one of them" $.Values.version $.Values.service $branch $.Values.branch) -}}
{{- end -}}
{{- if $.Values.local -}}
{{- fail (printf "version %s of %s is deployed already (Deployment %s): choose another name for your computer" $.Values.version $.Values.service $name) -}}
{{- end -}}
{{- end -}}
{{- with lookup "batch/v1" "Job" .Release.Namespace $name -}}
{{- $annotations := .metadata.annotations | default dict -}}
{{- if ne (get $annotations "coloring/local-session") (get ($.Values.local | default dict) "session" | default "") -}}
{{- fail (printf "version %s of %s is the computer of %s, since %s: choose another name, or take it away first (coloring lane remove)" $.Values.version $.Values.service (get $annotations "coloring/local-by" | default "somebody") (get $annotations "coloring/local-since" | default "some time")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Seconds; the kubelet counts preStop in. */}}
{{- define "workload.gracePeriod" -}}
{{- if le (int .Values.shutdown.gracePeriodSeconds) (int .Values.shutdown.preStopSeconds) -}}
{{- fail (printf "shutdown.gracePeriodSeconds (%d) must be longer than shutdown.preStopSeconds (%d), by the time that the service needs to end its requests" (int .Values.shutdown.gracePeriodSeconds) (int .Values.shutdown.preStopSeconds)) -}}
{{- end -}}
{{- int .Values.shutdown.gracePeriodSeconds -}}
{{- end -}}
