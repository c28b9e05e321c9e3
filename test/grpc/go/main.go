// A service that speaks gRPC, for languages.test.ts: answers who it is, after asking whom API_URL names, and carries the
// colour on. With arguments it is a client: ADDRESS AUTHORITY TIMES [NAME=VALUE...], a line of JSON for each call.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const method = "/workshop.Trail/Ask"

// Any bytes may be a message; JSON spares a compiler for Protocol Buffers.
type asJSON struct{}

func (asJSON) Marshal(value any) ([]byte, error)       { return json.Marshal(value) }
func (asJSON) Unmarshal(bytes []byte, value any) error { return json.Unmarshal(bytes, value) }
func (asJSON) Name() string                            { return "json" }

func dial(target string, more ...grpc.DialOption) *grpc.ClientConn {
	options := append(more, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(asJSON{})))
	connection, err := grpc.NewClient(target, options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return connection
}

func main() {
	if len(os.Args) > 1 {
		ask(os.Args[1], os.Args[2], os.Args[3], os.Args[4:])
	} else {
		serve()
	}
}

func ask(address, authority, times string, headers []string) {
	connection := dial(address, grpc.WithAuthority(authority), grpc.WithNoProxy())
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, header := range headers {
		name, value, _ := strings.Cut(header, "=")
		ctx = metadata.AppendToOutgoingContext(ctx, name, value)
	}
	count, _ := strconv.Atoi(times)
	for range count {
		var trail []string
		err := connection.Invoke(ctx, method, struct{}{}, &trail)
		line, _ := json.Marshal(map[string]any{"trail": trail, "status": int(status.Code(err)), "message": status.Convert(err).Message()})
		fmt.Println(string(line))
	}
}

func serve() {
	var api *grpc.ClientConn
	if called, err := url.Parse(os.Getenv("API_URL")); err == nil && called.Host != "" {
		api = dial(called.Host)
	}
	own := os.Getenv("SERVICE_NAME") + "/" + os.Getenv("PROJECT_VERSION")
	answer := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		var nothing any
		if err := decode(&nothing); err != nil {
			return nil, err
		}
		incoming, _ := metadata.FromIncomingContext(ctx)
		if api == nil {
			if wanted := incoming.Get("answer-status"); len(wanted) > 0 {
				code, _ := strconv.Atoi(wanted[0])
				return nil, status.Error(codes.Code(code), "as asked, by "+own)
			}
			return []string{own}, nil
		}
		for _, name := range []string{"project-version", "x-request-id", "x-beta", "answer-status"} {
			for _, value := range incoming.Get(name) {
				ctx = metadata.AppendToOutgoingContext(ctx, name, value)
			}
		}
		var trail []string
		if err := api.Invoke(ctx, method, struct{}{}, &trail); err != nil {
			return nil, err
		}
		return append([]string{own}, trail...), nil
	}
	server := grpc.NewServer(grpc.ForceServerCodec(asJSON{}))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "workshop.Trail",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Ask", Handler: answer}},
	}, nil)
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	if err == nil {
		err = server.Serve(listener)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
