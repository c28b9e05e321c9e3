/** The READMEs are run: every command in them that a computer with Node alone can run, with what they say it shows. */
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import packageJson from '../package.json' with { type: 'json' };

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const run = promisify(execFile);

const readmes = await Promise.all(
  ['README.md', 'README.zh.md'].map(async (file) => ({ file, text: await readFile(file, 'utf8') })),
);

/** Lines of the blocks in this language, without the indentation of lists. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, indent = '', body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

const commands = [
  ...new Set(readmes.flatMap(({ text }) => blocks(text, 'sh')).flatMap((block) => block.trim().split('\n'))),
];

/** What is not run here, and why. */
const elsewhere: [RegExp, string][] = [
  [/^npm ci$/, 'has been run, or this test would not'],
  [/^npm test$/, 'is this'],
  [/^npm run check$/, 'is run beside the tests, by .ci/run'],
  [/^npm run bench$/, 'measures, and takes its time'],
  [/^npx coloring (kind|deploy|lane) /, 'needs a cluster'],
  [/^npm (pack|install --save-dev)/, 'is done by test/package/'],
  [/^cd examples\/shop /, 'needs Go and Python, and is run by test/shop.test.ts'],
];
const reasonNot = (command: string) => elsewhere.find(([pattern]) => pattern.test(command))?.[1];

const here = commands.filter((command) => !reasonNot(command));
const curls = here.filter((command) => command.startsWith('curl '));
const staysUp = 'npm start';
const rest = here.filter((command) => command !== staysUp && !curls.includes(command));

const env = { ...process.env, GATEWAY_PORT: '0', NO_COLOR: '1', FORCE_COLOR: undefined };

const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

it('names only scripts that there are', () => {
  const scripts = commands.flatMap(
    (command) => /^npm (?:run )?(?!ci|pack|install)([\w:-]*\w)/.exec(command)?.[1] ?? [],
  );
  expect(scripts.filter((script) => !(script in packageJson.scripts))).toEqual([]);
});

it('gives no reason to leave out what is not there', () => {
  expect(elsewhere.filter(([pattern]) => !commands.some((command) => pattern.test(command)))).toEqual([]);
});

it('says of the lowest Node what package.json says', async () => {
  const pages = ['README.md', 'README.zh.md', 'carry/README.md', 'CHANGELOG.md'];
  const said = await Promise.all(
    pages.map(async (page) => (await readFile(page, 'utf8')).match(/(?<=Node )20\.[\d.]*\d/g)),
  );
  const lowest = packageJson.engines.node.replace('>=', '');
  expect(said).toEqual(pages.map(() => [lowest]));
});

it('shows lanes that can be read, and names every key', async () => {
  const [readme] = readmes;
  const section = /## Your own services\n([\s\S]*?)\n## /.exec(readme?.text ?? '')?.[1] ?? '';
  const examples = readmes.flatMap(({ text }) => blocks(text, 'yaml'));
  expect(examples).toHaveLength(2);
  for (const example of examples) expect(parseLanes(example).services).not.toEqual([]);
  const schema = await readFile('lanes/schema.ts', 'utf8');
  const [, keys = ''] = /'a service has ([^']*)'/.exec(schema) ?? [];
  expect(keys.split(', ').filter((key) => !section.includes(`\`${key}\``))).toEqual([]);
});

describe(`${staysUp}, and what is asked then`, () => {
  let output = '';
  let child: ReturnType<typeof spawn>;
  let url: string;

  beforeAll(async () => {
    expect(commands).toContain(staysUp);
    child = spawn('sh', ['-c', `exec ${staysUp}`], { env, detached: true });
    url = await new Promise((resolve, reject) => {
      const read = (text: string) => {
        output += text;
        const [, found] = /the gateway +(http:\S+)[\s\S]*Ctrl-C/.exec(output) ?? [];
        if (found) resolve(found);
      };
      child.stdout?.setEncoding('utf8').on('data', read);
      child.stderr?.setEncoding('utf8').on('data', read);
      child.once('close', () => reject(new Error(output)));
    });
  });

  afterAll(async () => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    // As a terminal does it: to npm and to what npm started.
    process.kill(-(child.pid as number), 'SIGINT');
    await closed;
  });

  it.each(readmes)('shows the table of $file', ({ text }) => {
    const [table = ''] = blocks(text, 'text');
    expect(table.split('\n').length).toBeGreaterThan(5);
    expect(output).toContain(table);
  });

  it.skipIf(!hasCurl).each(curls)('%s', async (command) => {
    const { stdout } = await run('sh', ['-c', `${command.replace('http://localhost:8080', url)} -sS --fail`]);
    const color = /project-version: ([\w-]+)/.exec(command)?.[1];
    if (command.includes('application/json'))
      expect(JSON.parse(stdout)).toMatchObject({ color, trail: [{}, {}] });
    else expect(stdout.trim()).toBe(color);
  });

  it('answers as the README says', async () => {
    const [example = '{}'] = blocks(readmes[0]?.text ?? '', 'json');
    const answer = await fetch(url, {
      headers: { 'project-version': 'release-v3', accept: 'application/json' },
    });
    expect(await answer.json()).toEqual(JSON.parse(example));
  });
});

it.concurrent.each(rest)('%s', async (command) => {
  const { stdout } = await run('sh', ['-c', command], { env });
  expect(stdout).not.toBe('');
});
