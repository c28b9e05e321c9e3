{{/* <service>-<version>: the name of everything here, after seeing that it can be one. */}}
{{- define "workload.name" -}}
{{- include "workload.label" (dict "what" "service" "name" .Values.service) -}}
{{- include "workload.label" (dict "what" "version" "name" .Values.version) -}}
{{- $name := printf "%s-%s" .Values.service .Values.version -}}
{{- if gt (len $name) 53 -}}
{{- fail (printf "%s is %d characters long; a Helm release may have 53, so version may have %d here" $name (len $name) (sub 52 (len .Values.service))) -}}
{{- end -}}
{{- if eq .Values.version "routes" -}}
{{- fail (printf "version: the Helm release %s is the one of %s's routes: choose another name" $name .Values.service) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Fails unless .name is a DNS-1123 label; says how it could be spelt. */}}
{{- define "workload.label" -}}
{{- if not .name -}}
{{- fail (printf "%s is missing: --set %s=NAME" .what .what) -}}
{{- else if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" .name) -}}
{{- $slug := trimAll "-" (regexReplaceAll "[^a-z0-9]+" (lower .name) "-") -}}
{{- fail (printf "%s: %q is not a DNS-1123 label (a-z, 0-9, -)%s" .what .name (ternary (printf "; write %s" $slug) "" (ne $slug ""))) -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of this version; never changes. */}}
{{- define "workload.selector" -}}
app: {{ .Values.service | quote }}
version: {{ .Values.version | quote }}
{{- end -}}

{{- define "workload.labels" -}}
{{ include "workload.selector" . }}
app.kubernetes.io/name: {{ .Values.service | quote }}
app.kubernetes.io/version: {{ .Values.version | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{- define "workload.image" -}}
{{- .Values.image | default (printf "localhost/coloring/%s:latest" .Values.service) -}}
{{- end -}}

{{/* Pod Security "restricted". */}}
{{- define "workload.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "workload.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}
