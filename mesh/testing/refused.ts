/**
 * Requests that a proxy refuses or leads nowhere, with the status that Envoy 1.39 gave with the listeners that Istio
 * makes; the same at gateway and sidecar.
 */

const head = (line: string, ...headers: string[]) => `${[line, ...headers].join('\r\n')}\r\n\r\n`;
const get = (...headers: string[]) => head('GET / HTTP/1.1', ...headers);
const upgrade = (protocol: string) => get('Host: b', 'Connection: Upgrade', `Upgrade: ${protocol}`);
const body = (...headers: string[]) =>
  `${head('POST / HTTP/1.1', 'Host: b', ...headers)}3\r\nabc\r\n0\r\n\r\n`;

export const refused: [bytes: string, status: number][] = [
  [head('OPTIONS * HTTP/1.1', 'Host: b'), 404],
  [head('GET * HTTP/1.1', 'Host: b'), 400],
  [head('GET b HTTP/1.1', 'Host: b'), 400],
  [head('GET ?b HTTP/1.1', 'Host: b'), 400],
  [head('GET http://b?c HTTP/1.1', 'Host: b'), 404],
  [head('GET ftp://b/ HTTP/1.1', 'Host: b'), 400],
  [head('GET http:// HTTP/1.1', 'Host: b'), 400],
  [head('GET http://b:/ HTTP/1.1', 'Host: b'), 400],
  [head('GET http://b:99999/ HTTP/1.1', 'Host: b'), 400],
  [head('GET http://[::1/ HTTP/1.1', 'Host: b'), 400],
  [head('GET /\xe4 HTTP/1.1', 'Host: b'), 400],
  [head('GET / HTTP/2.0', 'Host: b'), 426],
  [head('GET / HTTP/1.2', 'Host: b'), 426],
  [head('GET / HTTP/1.0', 'Host: b'), 426],
  [head('GET /'), 426],
  [head('GET / HTTP/2', 'Host: b'), 400],
  [get(), 400],
  ...['a b', 'a/b', 'a?b', 'a#b', 'a\\b', '<a>', '{a}', 'a|b', 'a\tb', '\xe4'].map(
    (host): [string, number] => [get(`Host: ${host}`), 400],
  ),
  [body('Transfer-Encoding: gzip, chunked'), 501],
  [body('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 501],
  [body('Transfer-Encoding: gzip'), 501],
  [body('Transfer-Encoding:'), 501],
  [body('Transfer-Encoding: chunked', 'Content-Length: 3'), 400],
  [body('Content-Length: 3', 'Transfer-Encoding: chunked'), 400],
  [body('Content-Length: 3', 'Content-Length: 3'), 400],
  [`${head('POST / HTTP/1.1', 'Host: b', 'Transfer-Encoding: chunked')}zz\r\n`, 400],
  [get('Host: b', ...Array.from({ length: 100 }, (_, i) => `x${i}: 1`)), 431],
  [get('Host: b', `x: ${'x'.repeat(70_000)}`), 431],
  [get('Host: b', 'Connection: Host'), 400],
  [upgrade(''), 403],
  [upgrade('foo'), 403],
  [upgrade('websocket, foo'), 403],
  ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
];
