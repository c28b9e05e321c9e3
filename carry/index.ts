/** The headers of a request that came in, on the requests that are made for it: in code, for who wants to see it. */
export { type CarriedHeaders, carriedHeaders, carry } from './carried-headers.ts';
export { carryByAxios, carryingFetch, undiciCarry } from './clients.ts';
export { expressCarry, koaCarry } from './servers.ts';
export type { CarrySettings } from './settings.ts';
