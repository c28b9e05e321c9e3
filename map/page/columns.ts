/** Which service stands in which column. Pure. */
import type { ServiceView } from '../protocol.ts';

/** @param services in the order of calls. @returns columns, the gateway's left out */
export type Arrange = (services: readonly ServiceView[]) => ServiceView[][];

/** For a chain: no engine is needed. */
export const inLine: Arrange = (services) => services.map((service) => [service]);

/** Whether services are more than a chain: one calls several, several call one, or several are called from outside. */
export function isBranching(services: readonly ServiceView[]): boolean {
  const names = services.map(({ name }) => name);
  const called = services.flatMap(({ calls }) => calls.filter((name) => names.includes(name)));
  return (
    services.some(({ calls }) => calls.length > 1) ||
    new Set(called).size < called.length ||
    names.filter((name) => !called.includes(name)).length > 1
  );
}
