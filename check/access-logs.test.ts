import { expect, it } from 'vitest';
import { AccessLog } from './access-logs.ts';

const line = (head: string, authority: string) =>
  `[2026-11-21T14:00:00.000Z] ${head} via_upstream - "-" 0 4 1 1 "10.0.0.1" "-" "id" "${authority}" "10.0.0.2:80" x`;

it('tells status and flags of the requests between its own, once Envoy has written them', async () => {
  const written: string[] = [line('"GET /before HTTP/1.1" 200 -', 'b')];
  let reads = 0;
  const log = await AccessLog.begin({
    read: async () => (reads++ === 0 ? '' : written.join('\n')),
    mark: async (path) => void written.push(line(`"GET ${path} HTTP/1.1" 200 -`, 'own')),
  });
  written.push(
    line('"GET / HTTP/1.1" 503 URX,UF', 'b'),
    line('"- - HTTP/1.0" 426 DPE', '-'),
    line('"- - -" 0 UF', '-'),
    '2026-11-21T13:13:47Z\tinfo\txdsproxy\tconnected',
  );
  expect(await log.outcomes((authority) => authority === 'own')).toEqual(['503 UF,URX', '426 DPE']);
  expect(reads).toBe(2);
});
