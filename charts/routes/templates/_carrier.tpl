{{/*
By what a request of a lane is known, as JSON: the routes that lead to a version, [{suffix, match, headers}] in their
order, for (list $ VERSION PLACE), PLACE gateway or mesh. lanes/generate/version-routes.ts says why each is there.
*/}}
{{- define "routes.ofVersion" -}}
{{- $values := (index . 0).Values -}}
{{- $version := index . 1 -}}
{{- $header := $values.header -}}
{{- $inHeader := dict "headers" (dict $header (dict "exact" $version)) -}}
{{- $baggage := dict "regex" (printf "(.*,)?\\s*%s\\s*=\\s*%s\\s*([;,].*)?" $header $version) -}}
{{- $inBaggage := dict "headers" (dict "baggage" $baggage) -}}
{{- $inBaggageOnly := merge (dict "withoutHeaders" (dict $header (dict "regex" ".*[A-Za-z0-9].*"))) $inBaggage -}}
{{- if eq $values.carrier "header" -}}
{{- list (dict "suffix" "" "match" (list $inHeader)) | toJson -}}
{{- else if eq (index . 2) "mesh" -}}
{{- list (dict "suffix" "" "match" (eq $values.carrier "both" | ternary (list $inHeader $inBaggageOnly) (list $inBaggage))) | toJson -}}
{{- else -}}
{{- $member := printf "%s=%s" $header $version -}}
{{- $both := dict "headers" (dict $header (dict "exact" $version) "baggage" $baggage) -}}
{{- list
      (dict "suffix" "" "match" (list $both $inBaggageOnly))
      (include "routes.intoBaggage" (list $header (dict "exact" $version) $member) | fromJson)
      (dict "suffix" "/for-baggage" "match" (list $inHeader) "headers" (dict "request" (dict "set" (dict "baggage" $member))))
    | toJson -}}
{{- end -}}
{{- end -}}

{{/* Those before the last one, which leads to the baseline: (list $ PLACE). */}}
{{- define "routes.ofBaseline" -}}
{{- $values := (index . 0).Values -}}
{{- $header := $values.header -}}
{{- if or (eq $values.carrier "header") (eq (index . 1) "mesh") -}}
[]
{{- else -}}
{{- $color := dict "regex" "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" -}}
{{- list (include "routes.intoBaggage" (list $header $color (printf "%s=%%REQ(%s)%%" $header $header)) | fromJson) | toJson -}}
{{- end -}}
{{- end -}}

{{- define "routes.intoBaggage" -}}
{{- $header := index . 0 -}}
{{- $takenOrFull := dict "regex" (printf "(.*,)?\\s*%s\\s*=.*|([^,]*,){63}.*" $header) -}}
{{- dict
      "suffix" "/into-baggage"
      "match" (list (dict "headers" (dict $header (index . 1)) "withoutHeaders" (dict "baggage" $takenOrFull)))
      "headers" (dict "request" (dict "add" (dict "baggage" (index . 2))))
    | toJson -}}
{{- end -}}
