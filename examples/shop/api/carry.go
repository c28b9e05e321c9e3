package main

import (
	"context"
	"net/http"
	"os"
	"strings"
)

// What a service of any language does for the colour: these headers travel from the request that came in to every
// request that is made on its behalf. Here by the request's context.
var carried = append(
	[]string{colorHeader(), "X-Request-Id", "Traceparent", "Tracestate", "Baggage"},
	strings.FieldsFunc(os.Getenv("PROPAGATE_HEADERS"), func(r rune) bool { return r == ',' || r == ' ' })...)

type key struct{}

// carry remembers the headers of each request that comes in.
func carry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, r.Header)))
	})
}

// client sends them on. DefaultTransport obeys HTTP_PROXY, which is how the local mesh puts a sidecar beside it.
var client = &http.Client{Transport: transport{http.DefaultTransport}}

type transport struct{ http.RoundTripper }

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if came, ok := request.Context().Value(key{}).(http.Header); ok {
		request = request.Clone(request.Context())
		for _, name := range carried {
			if value := came.Get(name); value != "" && request.Header.Get(name) == "" {
				request.Header.Set(name, value)
			}
		}
	}
	return t.RoundTripper.RoundTrip(request)
}

func colorHeader() string {
	return env("COLOR_HEADER", "project-version")
}
