/**
 * Libraries that send a request later than it was made, from the connection that became free: from there nobody can
 * tell for which request it is. They are told when the program loads them.
 */
import Module from 'node:module';
import { carryInGrpc } from './grpc.ts';
import type { InMesh } from './in-mesh.ts';
import { carryInUndici } from './undici-queue.ts';

type Load = (this: unknown, request: string, ...rest: unknown[]) => unknown;

/** By the name that a program requires, or the end of the file that an import leads to. */
const libraries: readonly { names: RegExp; change: (exports: never, inMesh: InMesh) => void }[] = [
  { names: /^undici$|[\\/]undici[\\/]index\.js$/, change: carryInUndici },
  { names: /^@grpc\/grpc-js$|[\\/]@grpc[\\/]grpc-js[\\/]build[\\/]src[\\/]index\.js$/, change: carryInGrpc },
];

/** Wraps what both require and import of CommonJS go through, as OpenTelemetry's instrumentation does. */
export function changeLibraries(inMesh: InMesh): void {
  const module = Module as unknown as { _load: Load };
  const load = module._load;
  const changed = new WeakSet<object>();
  module._load = function (request, ...rest) {
    const exports = load.call(this, request, ...rest);
    for (const { names, change } of libraries) {
      if (!names.test(request) || typeof exports !== 'object' || exports === null || changed.has(exports))
        continue;
      changed.add(exports);
      change(exports as never, inMesh);
    }
    return exports;
  };
}
