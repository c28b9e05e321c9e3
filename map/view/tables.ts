/** Route tables by proxy, each made once for as long as nothing changes. */
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import type { RouteTable } from '../../mesh/routing/table.ts';

export class Tables {
  readonly #make: (proxy: ProxyIdentity) => RouteTable;
  readonly #made = new Map<string, RouteTable>();

  constructor(make: (proxy: ProxyIdentity) => RouteTable) {
    this.#make = make;
  }

  /** Rules or endpoints have changed. */
  clear(): void {
    this.#made.clear();
  }

  readonly of = (proxy: ProxyIdentity): RouteTable => {
    const key = `${proxy.namespace} ${proxy.name}`;
    let table = this.#made.get(key);
    if (!table) {
      table = this.#make(proxy);
      this.#made.set(key, table);
    }
    return table;
  };
}
