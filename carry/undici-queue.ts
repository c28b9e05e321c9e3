/** A pool of undici with a limit of connections dispatches a request when another one has ended, in that one's name. */
import { type CarriedHeaders, carriedHeaders, carry } from './carried-headers.ts';

interface Undici {
  Client: { prototype: object };
}
type Dispatch = (this: unknown, options: object, handler: unknown) => boolean;

/** What the request belongs to, on the options that undici keeps in its queue. */
const carried = Symbol('carried headers');

/** Makes each dispatch part of the request that called for it, also when undici does it later. */
export function carryInUndici({ Client }: Undici): void {
  // the class that Client, Pool and Agent have in common is not exported
  let methods: { dispatch?: Dispatch } = Client.prototype;
  while (!Object.hasOwn(methods, 'dispatch')) methods = Object.getPrototypeOf(methods);
  const dispatch = methods.dispatch as Dispatch;
  methods.dispatch = function (options, handler) {
    if (typeof options !== 'object' || options === null) return dispatch.call(this, options, handler);
    const { [carried]: known } = options as { [carried]?: { headers: CarriedHeaders | undefined } };
    if (known) return carry(known.headers, () => dispatch.call(this, options, handler));
    // a copy: the program may use its own for its next request too
    return dispatch.call(this, { ...options, [carried]: { headers: carriedHeaders() } }, handler);
  };
}
