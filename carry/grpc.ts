/** grpc-js begins a call when its channel is connected, in the name of the call that had it connected. */
import { carriedHeaders } from './carried-headers.ts';
import type { InMesh } from './in-mesh.ts';
import { addMissing } from './settings.ts';

interface Metadata {
  get: (name: string) => unknown[];
  set: (name: string, value: string) => void;
  clone: () => Metadata;
}
type Call = (this: { getChannel: () => { getTarget: () => string } }, ...args: unknown[]) => unknown;

interface GrpcJs {
  Metadata: new () => Metadata;
  Client: { prototype: Record<string, Call> };
}

/** The methods that every generated client calls, and where the metadata of a call is among their arguments. */
const metadataAt = {
  makeUnaryRequest: 4,
  makeServerStreamRequest: 4,
  makeClientStreamRequest: 3,
  makeBidiStreamRequest: 3,
};

/** Of a target: dns:service-b:50051, dns://8.8.8.8/service-b:50051, or a path of unix:, which is no host. */
const scheme = /^(?:dns|ipv4|ipv6|passthrough|xds):(?:\/\/[^/]*\/)?/;

/** What metadata can hold; names that end in -bin are for bytes. */
const metadataValue = /^[ -~]*$/;

/** Adds the headers to the metadata of each call, when the program makes it. */
export function carryInGrpc({ Client, Metadata }: GrpcJs, inMesh: InMesh): void {
  for (const [name, at] of Object.entries(metadataAt)) {
    const call = Client.prototype[name];
    if (!call) continue;
    Client.prototype[name] = function (...args) {
      const headers = carriedHeaders();
      const authority = this.getChannel().getTarget().replace(scheme, '');
      if (!headers || !inMesh(authority, 'https')) return call.apply(this, args);
      const given = args[at] instanceof Metadata ? (args[at] as Metadata) : undefined;
      const metadata = given?.clone() ?? new Metadata();
      addMissing(
        headers,
        (header) => metadata.get(header).length > 0,
        (header, value) => {
          if (metadataValue.test(value) && !header.endsWith('-bin')) metadata.set(header, value);
        },
      );
      return call.apply(this, given ? args.with(at, metadata) : args.toSpliced(at, 0, metadata));
    };
  }
}
