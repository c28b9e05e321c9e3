// The catalogue of the shop: products, with what db-proxy has of each.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	http.Handle("/products", carry(http.HandlerFunc(products)))
	address := env("HOST", "") + ":" + env("PORT", "8081")
	log.Fatal(http.ListenAndServe(address, nil))
}

func products(w http.ResponseWriter, r *http.Request) {
	rows, err := get(r, env("DB_PROXY_URL", "http://db-proxy:8082")+"/tables/products")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("content-type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"api": env("PROJECT_VERSION", "release"), "products": rows})
}

// get asks on behalf of r: with its context, which knows the headers to carry on.
func get(r *http.Request, url string) (json.RawMessage, error) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, answer.Status)
	}
	return body, err
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
