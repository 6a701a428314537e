// Command rekor-router is Rekor's HTTP server with everything before its handlers and nothing behind them: net/http,
// Rekor's own middleware, go-openapi's router and the routes of Rekor's specification, but no log.
//
// It says on its first line of output where it listens. Whatever the router sends to the handler that makes entries is
// answered 201, with what arrived of it; no other answer is 201. It ends when its standard input does.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/go-openapi/loads"
	"github.com/sigstore/rekor/pkg/generated/restapi"
	"github.com/sigstore/rekor/pkg/generated/restapi/operations"
	"github.com/sigstore/rekor/pkg/log"
	"github.com/spf13/viper"
	"go.uber.org/zap"
)

// received is what came to the write handler.
type received struct {
	Target  string              `json:"target"`
	Host    string              `json:"host"`
	Headers map[string][]string `json:"headers"`
	Bytes   int64               `json:"bytes"`
}

func main() {
	maxBody := flag.Int64("max-body", 0, "bytes from which a body is refused, as --max_request_body_size of rekor-server")
	flag.Parse()
	viper.Set("max_request_body_size", *maxBody)
	log.Logger = zap.NewNop().Sugar()

	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	document, err := loads.Embedded(restapi.SwaggerJSON, restapi.FlatSwaggerJSON)
	if err != nil {
		return err
	}
	api := operations.NewRekorServerAPI(document)
	// Wrapped before ConfigureAPI builds the router, which keeps the handlers that it finds then.
	api.AddMiddlewareFor(http.MethodPost, "/api/v1/log/entries", func(http.Handler) http.Handler {
		return http.HandlerFunc(write)
	})
	server := restapi.NewServer(api)
	server.EnabledListeners = []string{"http"}
	server.Host = "127.0.0.1"
	server.Port = 0
	server.ConfigureAPI()
	listener, err := server.HTTPListener()
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return server.Serve()
}

func write(w http.ResponseWriter, r *http.Request) {
	bytes, err := io.Copy(io.Discard, r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(received{r.RequestURI, r.Host, r.Header, bytes})
}
