import { describe, expect, it } from 'vitest';
import { decided, gateway, tableOf } from './testing.ts';

/** The Location that a `redirect` gives to a request. */
function location(redirect: string, url: string, match = ''): string {
  const table = tableOf({
    proxy: gateway,
    rules: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs }
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{ ${match} redirect: ${redirect} }]`,
  });
  const [, authority = '', path = ''] = /^([^/]*)(\/.*)$/.exec(url) ?? [];
  const decision = decided(table, { authority, path, port: 8080 });
  return decision.type === 'redirect' ? `${decision.status} ${decision.location}` : decision.type;
}

describe('redirect', () => {
  it.each([
    ['{ uri: /new }', 'a.com/old?q=1', '301 http://a.com/new?q=1'],
    ['{ uri: "/new?p=2" }', 'a.com/old?q=1', '301 http://a.com/new?p=2'],
    ['{ uri: /new, redirectCode: 308 }', 'a.com:8080/old', '308 http://a.com:8080/new'],
    ['{ authority: b.com }', 'a.com:8080/old?q=1', '301 http://b.com/old?q=1'],
    ['{ scheme: https }', 'a.com:80/x', '301 https://a.com/x'],
    ['{ scheme: https }', 'a.com:8080/x', '301 https://a.com:8080/x'],
    ['{ port: 9090 }', 'a.com:8080/x', '301 http://a.com:9090/x'],
    ['{ port: 443, scheme: https }', 'a.com/x', '301 https://a.com/x'],
    ['{ derivePort: FROM_REQUEST_PORT, authority: b.com }', 'a.com/x', '301 http://b.com:8080/x'],
    ['{ derivePort: FROM_PROTOCOL_DEFAULT, authority: b.com }', 'a.com/x', '301 http://b.com/x'],
    ['{ uri: /new }', '[::1]:8080/x', '301 http://[::1]:8080/new'],
  ])('%s of %s: %s', (redirect, url, expected) => expect(location(redirect, url)).toBe(expected));

  it('with prefixRewrite replaces the prefix that matched', () =>
    expect(
      location('{ prefixRewrite: /new }', 'a.com/old/x?q=1', 'match: [{ uri: { prefix: /old } }],'),
    ).toBe('301 http://a.com/new/x?q=1'));
});
