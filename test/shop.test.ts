/** examples/shop: three programs in three languages run in lanes with one command, as their README shows. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { has } from './charts/tools.ts';

// Where Go has never compiled its standard library it takes minutes.
vi.setConfig({ testTimeout: 300_000 });

const run = promisify(execFile);
const folder = 'examples/shop';
const tools = { go: ['version'], python3: ['--version'] };
const missing = Object.entries(tools).flatMap(([tool, args]) => (has(tool, ...args) ? [] : tool));

async function coloring(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, GATEWAY_PORT: '0', NO_COLOR: '1', FORCE_COLOR: undefined };
  const { stdout } = await run('npx', ['coloring', ...args], { cwd: folder, env });
  return stdout;
}

describe.skipIf(missing.length > 0)(`examples/shop (needs ${Object.keys(tools).join(', ')})`, () => {
  it('shows the table of its README', async () => {
    const readme = await readFile(`${folder}/README.md`, 'utf8');
    const [, table = ''] = /```text\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(table.split('\n').length).toBeGreaterThan(4);
    expect(await coloring('start', '--once')).toContain(table);
  });
});

it('explains its rules, which nobody wrote', async () => {
  const said = await coloring('explain', '-H', 'project-version: new-schema');
  expect(said).toMatch(/→ web\/release[\s\S]*→ api\/release[\s\S]*→ db-proxy\/new-schema/);
  expect(await coloring('rules')).toContain('name: db-proxy/new-schema');
});
