// Asks the service behind it the same path, with net/http and otelhttp, and knows nothing of colours.
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
)

func main() {
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	answer := func(w http.ResponseWriter, r *http.Request) {
		asked, err := http.NewRequestWithContext(r.Context(), http.MethodGet, os.Getenv("DB_URL")+r.URL.RequestURI(), nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answered, err := client.Do(asked)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answered.Body.Close()
		w.WriteHeader(answered.StatusCode)
		_, _ = io.Copy(w, answered.Body)
	}
	handler := otelhttp.NewHandler(http.HandlerFunc(answer), "middle")
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), handler))
}
