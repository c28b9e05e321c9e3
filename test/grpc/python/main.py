"""
A service that speaks gRPC, for languages.test.ts: answers who it is, after asking whom API_URL names, and carries the
colour on. With arguments it is a client: ADDRESS AUTHORITY TIMES [NAME=VALUE...], a line of JSON for each call.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import grpc

SERVICE, METHOD = "workshop.Trail", "Ask"


# Any bytes may be a message; JSON spares a compiler for Protocol Buffers.
def write(value):
    return json.dumps(value).encode()


def asking(channel):
    return channel.unary_unary(f"/{SERVICE}/{METHOD}", request_serializer=write, response_deserializer=json.loads)


def ask(address, authority, times, *headers):
    options = [("grpc.default_authority", authority), ("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(address, options) as channel:
        call = asking(channel)
        metadata = [tuple(header.split("=", 1)) for header in headers]
        for _ in range(int(times)):
            said = {"trail": None, "status": 0, "message": ""}
            try:
                said["trail"] = call({}, metadata=metadata, timeout=30)
            except grpc.RpcError as error:
                said["status"], said["message"] = error.code().value[0], error.details()
            print(json.dumps(said))


def serve():
    own = f"{os.environ['SERVICE_NAME']}/{os.environ['PROJECT_VERSION']}"
    called = urlsplit(os.environ.get("API_URL", "")).netloc
    api = asking(grpc.insecure_channel(called)) if called else None

    def answer(_, context):
        incoming = dict(context.invocation_metadata())
        if api is None:
            if wanted := incoming.get("answer-status"):
                codes = {code.value[0]: code for code in grpc.StatusCode}
                context.abort(codes[int(wanted)], f"as asked, by {own}")
            return [own]
        carried = ("project-version", "x-request-id", "x-beta", "answer-status")
        onward = [(name, incoming[name]) for name in carried if name in incoming]
        try:
            return [own, *api({}, metadata=onward, timeout=30)]
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())

    handler = grpc.unary_unary_rpc_method_handler(answer, request_deserializer=json.loads, response_serializer=write)
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
    server.start()
    server.wait_for_termination()


if len(sys.argv) > 1:
    ask(*sys.argv[1:])
else:
    serve()
