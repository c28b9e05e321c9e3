/** What `npm start` promises, with the real command: exit codes, messages, and that no process is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { prepare } from '../build/prepare.ts';
import { runHere } from '../cli/testing/run-here.ts';

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
/** Two versions only: processes are what takes time here. */
let small: string;
const running: Command[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  small = join(folder, 'small.yaml');
  await writeFile(
    small,
    'services:\n' +
      '  service-a: { port: 31000, calls: service-b, versions: [release] }\n' +
      '  service-b: { port: 32000, versions: [release] }\n',
  );
  await cp('istio', join(folder, 'istio'), { recursive: true });
  // Nothing to make anew: the only processes of a start are its versions.
  await prepare();
}, 60_000);
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

class Command {
  output = '';
  readonly child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #isOver = false;

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['cli/coloring.mjs', 'start', ...args], {
      env: { ...process.env, GATEWAY_PORT: '0', NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
    });
    this.#exit = once(this.child, 'close').then(() => {
      this.#isOver = true;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        this.output += text;
        this.child.emit('output');
      });
    }
    running.push(this);
  }

  /** Resolves with the match when the output has it; rejects when the command ends without it, or says nothing more. */
  async saying(pattern: RegExp): Promise<RegExpExecArray> {
    const silence = AbortSignal.timeout(45_000);
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (this.#isOver || silence.aborted) throw new Error(`it never said ${pattern}:\n${this.output}`);
      await Promise.race([once(this.child, 'output', { signal: silence }).catch(() => {}), this.#exit]);
    }
  }

  /** The exit code. */
  async ended(): Promise<number | null> {
    await this.#exit;
    return this.child.exitCode;
  }
}

/** Processes of the services whose parent this is. */
async function versionsOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = await Promise.all(
    pids.map(async (child) => {
      const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '');
      // pid (name) state ppid …; the name may have blanks and brackets
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(pid) ? Number(child) : [];
    }),
  );
  return children.flat();
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const allGone = (pids: readonly number[]) => expect.poll(() => pids.filter(isRunning)).toEqual([]);

describe('--once', () => {
  it('ends with 1 and names the hop when a row breaks the law', async () => {
    const lanes = join(folder, 'unrouted.yaml');
    const text = await readFile(small, 'utf8');
    await writeFile(lanes, text.replaceAll('[release]', '[release, release-v7]'));
    const start = new Command(['--once', '--lanes', lanes, '--rules', 'istio']);
    expect(await start.ended()).toBe(1);
    expect(start.output).toMatch(
      /✗ +release-v7 +release ↩ +release ↩ +service-a answered as release, by the law it is release-v7/,
    );
    expect(start.output).toMatch(/✓ +none +release +release/);
  });
});

describe.skipIf(process.platform !== 'linux')('a start that stays up', () => {
  it('tells of a version that dies and comes back, of rules that change, and ends clean on Ctrl-C', async () => {
    const rules = join(folder, 'istio');
    const start = new Command(['--lanes', small, '--rules', rules]);
    await start.saying(/Ctrl-C/);
    const versions = await versionsOf(start.child.pid as number);
    expect(versions).toHaveLength(2);

    process.kill(versions[0] as number, 'SIGKILL');
    await start.saying(/✗ service-[ab]\/release +died: SIGKILL; again in 0\.3 s/);
    await start.saying(/died(.|\n)*✓ service-[ab]\/release +ready after/);

    const good = await readFile(join(rules, 'gateway.yaml'), 'utf8');
    await writeFile(join(rules, 'gateway.yaml'), good.replace('servers:', 'sirvers:'));
    await start.saying(
      /not put in force, the rules before hold on:(.|\n)*gateway\.yaml:\d+: .*sirvers: unknown field/,
    );
    await writeFile(join(rules, 'gateway.yaml'), good);
    await start.saying(/the rules as they are now are in force/);

    const last = await versionsOf(start.child.pid as number);
    start.child.kill('SIGINT');
    expect(await start.ended()).toBe(0);
    expect([...versions, ...last].filter(isRunning)).toEqual([]);
  });

  it('holds on to rules whose folder goes away, and takes those that come back; lanes.yaml may lie among them', async () => {
    const rules = join(folder, 'switched');
    await cp('istio', rules, { recursive: true });
    const lanes = join(rules, 'lanes.yaml');
    await cp(small, lanes);
    const start = new Command(['--lanes', lanes, '--rules', rules]);
    const [, url = ''] = await start.saying(/the gateway +(\S+)[\s\S]*Ctrl-C/);
    await rename(rules, `${rules}-away`);
    await start.saying(/not put in force(.|\n)*switched:1: cannot be read: there is no such file/);
    expect((await fetch(url)).status).toBe(200);
    await rename(`${rules}-away`, rules);
    await start.saying(/cannot be read(.|\n)*✓ \S+switched: the rules as they are now are in force/);

    await appendFile(lanes, '  # more\n');
    await start.saying(/switched\/lanes\.yaml has changed: Ctrl-C and npm start bring up what it says now/);
    await appendFile(lanes, 'more: 1\n');
    await start.saying(/could not be started like this:\n +\S+lanes\.yaml:\d+: more/);
    // Nobody reads what it says next.
    start.child.stdout?.destroy();
    await appendFile(lanes, '# more\n');
    expect(await start.ended()).toBe(0);
  });

  it('leaves no process behind when it is killed with -9', async () => {
    const start = new Command(['--lanes', small]);
    await start.saying(/Ctrl-C/);
    const versions = await versionsOf(start.child.pid as number);
    expect(versions).toHaveLength(2);
    start.child.kill('SIGKILL');
    await start.ended();
    await allGone(versions);
  });

  it('waits for requests in flight on SIGTERM, and ends at once on the second signal', async () => {
    const start = new Command(['--lanes', small, '--rules', await slowRules()]);
    const [, url = ''] = await start.saying(/the gateway +(\S+)/);
    const versions = await versionsOf(start.child.pid as number);
    const slow = get(new URL('/slow', url)).on('error', () => {});
    await once(slow, 'finish');
    // Its connection came later, so the gateway has the slow request by now.
    expect((await fetch(url)).status).toBe(200);
    start.child.kill('SIGTERM');
    await start.saying(/stopping/);
    // What is taken for the same press, because npm hands on what the terminal sent already, is a quarter second.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(start.child.exitCode).toBe(null);
    start.child.kill('SIGTERM');
    expect(await start.ended()).toBe(130);
    await allGone(versions);
  });

  async function slowRules(): Promise<string> {
    const rules = join(folder, 'slow');
    await cp('istio', rules, { recursive: true });
    const file = join(rules, 'service-a.yaml');
    const text = await readFile(file, 'utf8');
    const fault = 'fault: { delay: { fixedDelay: 20s, percentage: { value: 100 } } }';
    const slow = `    - match: [{ uri: { exact: /slow } }]\n      ${fault}\n      route: [{ destination: { host: service-a } }]\n`;
    await writeFile(file, text.replace('  http:\n', `  http:\n${slow}`));
    return rules;
  }
});

describe('the map', () => {
  it('is there while the versions start, before the table', async () => {
    const lanes = join(folder, 'late.yaml');
    await writeFile(
      lanes,
      'services:\n' +
        '  service-a: { port: 31000, calls: service-b, versions: [release] }\n' +
        '  service-b: { port: 32000, versions: [release, { name: release-v1, run: { command: [sleep, "600"] } }] }\n',
    );
    const start = new Command(['--lanes', lanes, '--rules', 'istio', '--map-port', '0']);
    const [, address = '', token = ''] = await start.saying(/the map +(\S+)\/\?token=(\S+)\n/);
    expect(start.output).not.toContain('project-version');
    const welcome = await fetch(`${address}/?token=${token}`);
    const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? '';
    const told = await fetch(`${address}/events`, { headers: { cookie } });
    const { value } = (await told.body?.pipeThrough(new TextDecoderStream()).getReader().read()) ?? {};
    expect(value).toMatch(/event: lanes\n.*"name":"release-v1","ready":0,"total":1,"state":"starting"/s);
  });
});

describe('what cannot start says why, and what to do', () => {
  const anyPort = { GATEWAY_PORT: '0' };
  const refusedWith = (message: RegExp) => ({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringMatching(message),
  });

  it('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const start = new Command([], { GATEWAY_PORT: String(port) });
    expect(await start.ended()).toBe(1);
    expect(start.output).toMatch(new RegExp(`^Port ${port} is in use, .* npm start -- --port 8081 .*\\n$`));
    server.close();
  });

  it('a version that does not start', async () => {
    const lanes = join(folder, 'broken.yaml');
    const text = await readFile(small, 'utf8');
    await writeFile(
      lanes,
      text.replace(
        '32000, versions: [release]',
        '32000, versions: [{ name: release, env: { LOG_LEVEL: loud } }]',
      ),
    );
    const start = new Command(['--once', '--lanes', lanes]);
    expect(await start.ended()).toBe(1);
    expect(start.output).toContain('service-b/release | service-b: LOG_LEVEL="loud": must be one of');
    expect(start.output).toMatch(
      /✗ service-b\/release +did not start: exit code 2 \(\S+broken\.yaml:3 says how it is started\); again in/,
    );
    expect(start.output).toMatch(/✗ +none +release +· +service-b did not answer/);
  });

  it.each([
    [
      'a bad rule',
      { 'service-b.yaml': ['exact: release-v1', 'exakt: release-v1'] },
      /^\S+service-b\.yaml:26: VirtualService service-b: .*did you mean exact\?\n$/,
    ],
    [
      'a rule that needs a cluster',
      { 'service-b.yaml': ['  hosts: [service-b]\n', '  hosts: [service-b]\n  tls: []\n'] },
      /^\S+service-b\.yaml:24: VirtualService service-b: spec\.tls: .*cluster\n$/,
    ],
  ] as const)('%s', async (_, edits, message) => {
    const rules = await mkdtemp(join(folder, 'rules-'));
    await cp('istio', rules, { recursive: true });
    for (const [file, [from, to]] of Object.entries(edits)) {
      const text = await readFile(join(rules, file), 'utf8');
      await writeFile(join(rules, file), text.replace(from, to));
    }
    expect(await runHere(['start', '--rules', rules], anyPort)).toEqual(refusedWith(message));
  });

  it.each([
    [['--rules', 'no-such-folder'], /^There is no \S+no-such-folder\. --rules takes a folder/],
    [['--rules', 'cli'], /^cli has no Istio rule in a \.yaml file/],
    [['--lanes', 'no-such.yaml'], /^no-such\.yaml: there is no such file/],
    [['--prot', '0'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['--port', 'x'], /A port is a number from 0 to 65535/],
  ])('%j', async (args, message) => {
    expect(await runHere(['start', ...args], anyPort)).toEqual(refusedWith(message));
  });
});
