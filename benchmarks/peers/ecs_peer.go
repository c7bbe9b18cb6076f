// A credential server on Go's net/http with the checks of ours, to measure ours against.
//
// usage: ecs_peer PORT TOKEN BODYFILE
package main

import (
	"crypto/subtle"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

var relayed = []string{"Origin", "Referer", "Forwarded", "Via", "X-Real-Ip", "Upgrade"}

func isRelayed(header http.Header) bool {
	for _, name := range relayed {
		if _, there := header[name]; there {
			return true
		}
	}
	for name := range header {
		if strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return false
}

func main() {
	address, token := "127.0.0.1:"+os.Args[1], []byte(os.Args[2])
	body, err := os.ReadFile(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	expires := time.Now().Add(time.Hour)
	hosts := map[string]bool{address: true, "localhost:" + os.Args[1]: true, "[::1]:" + os.Args[1]: true}
	handler := func(writer http.ResponseWriter, request *http.Request) {
		given := []byte(request.Header.Get("Authorization"))
		switch {
		case isRelayed(request.Header) || !hosts[request.Host]:
			http.Error(writer, `{"code":"Forbidden"}`, http.StatusForbidden)
		case request.Method != http.MethodGet && request.Method != http.MethodHead:
			http.Error(writer, `{"code":"MethodNotAllowed"}`, http.StatusMethodNotAllowed)
		case subtle.ConstantTimeCompare(given, token) != 1:
			http.Error(writer, `{"code":"Forbidden"}`, http.StatusForbidden)
		case request.URL.Path != "/":
			http.Error(writer, `{"code":"NotFound"}`, http.StatusNotFound)
		case !time.Now().Before(expires):
			http.Error(writer, `{"code":"ServiceUnavailable"}`, http.StatusServiceUnavailable)
		default:
			writer.Header().Set("Content-Type", "application/json")
			writer.Header().Set("Cache-Control", "no-store")
			writer.Header().Set("X-Content-Type-Options", "nosniff")
			writer.Write(body)
		}
	}
	server := http.Server{Addr: address, Handler: http.HandlerFunc(handler), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 75 * time.Second}
	log.Fatal(server.ListenAndServe())
}
