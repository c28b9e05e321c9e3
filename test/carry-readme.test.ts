/** The rules that carry/README.md shows do what it says of them. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { changeHeaders } from '../mesh/proxy/headers.ts';
import { decide } from '../mesh/routing/decide.ts';
import { buildTable } from '../mesh/routing/table.ts';
import { formatProblem, parseRules } from '../mesh/rules/load.ts';

it('baggage is taken away towards a host outside', async () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(await readFile('carry/README.md', 'utf8')) ?? [];
  const parsed = parseRules([{ file: 'carry/README.md', text }], { defaultNamespace: 'shop' });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const proxy = { type: 'sidecar' as const, name: 'web/v1', namespace: 'shop', labels: {} };
  const table = buildTable(parsed.rules, { services: [] }, proxy, { outboundTrafficPolicy: 'REGISTRY_ONLY' });
  const headers = { baggage: 'project-version=v1', accept: '*/*' };
  const head = {
    method: 'GET',
    path: '/',
    authority: 'api.payments.example',
    scheme: 'http' as const,
    port: 80,
    headers,
  };
  const decision = decide(table, head, () => 0);
  if (decision.type !== 'forward') throw new Error(decision.type);
  const lines = Object.entries(headers).flat();
  changeHeaders(lines, decision.requestHeaders);
  expect(lines).toEqual(['accept', '*/*']);
});
