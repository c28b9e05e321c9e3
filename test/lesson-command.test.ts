/** What `npm run lesson` promises. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasNginx } from '../check/local/nginx.ts';
import { runHere } from '../cli/testing/run-here.ts';

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let home: string;
let folder: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lesson-command-'));
  folder = join(home, 'up');
});
afterAll(() => rm(home, { recursive: true }));

const lesson = (...args: string[]) => runHere(['lesson', ...args], { LESSON_FOLDER: folder });
const refusedWith = (message: RegExp) => ({
  exitCode: 2,
  stdout: '',
  stderr: expect.stringMatching(message),
});

it('lists the lessons and what they need', async () => {
  const { exitCode, stdout } = await lesson();
  expect(stdout).toMatch(/^01-deploying-is-not-releasing +Deploying is not releasing/m);
  expect(stdout).toMatch(/^11-http-1\.0 .*\(needs nginx\)$/m);
  expect(exitCode).toBe(0);
});

it('checks one with a line for each expectation', async () => {
  // With the real command, whose exit code is 0 or this rejects.
  const { stdout } = await promisify(execFile)(process.execPath, [
    'cli/coloring.mjs',
    'lesson',
    '21',
    '--check',
  ]);
  expect(stdout).toContain('  ✓ client: GET api.outside.example/: status 502\n');
  expect(stdout).toContain('1 lesson on the local mesh: 0 not as they say');
});

it('refuses one that is not there, and orders while no lesson is up', async () => {
  expect(await lesson('99')).toEqual(refusedWith(/^there is no lesson 99: npm run lesson lists them\n$/));
  expect(await lesson('color')).toEqual(
    refusedWith(/^there is no lesson color; did you mean 06-the-colour\?\n$/),
  );
  const none = /^No lesson is up: npm run lesson -- 01 brings the first one up\n$/;
  expect(await lesson('--apply', 'lessons/02-weights/rules.yaml')).toEqual(refusedWith(none));
  expect(await lesson('--delete', 'lessons/02-weights/rules.yaml')).toEqual(refusedWith(none));
  expect(await lesson('--log', 'short')).toEqual(refusedWith(none));
  expect(await lesson('--apply', 'no-such.yaml')).toEqual(
    refusedWith(/^no-such\.yaml: there is no such file or folder \(ENOENT\)\n$/),
  );
});

it('says at once which port is taken, and how to take others', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  expect(await lesson('21', '--port', String(port - 3))).toEqual(
    refusedWith(
      new RegExp(
        `^Lesson 21-egress listens on ${port - 3} to ${port}, and (.* )?${port} cannot be had\\. .* --port \\d+ `,
      ),
    ),
  );
  server.close();
  await expect(access(folder)).rejects.toThrow();
});

it.skipIf(await hasNginx())('says in one line that nginx is missing', async () => {
  expect(await lesson('11', '--port', '0')).toEqual(refusedWith(/^11-http-1\.0 needs nginx \(.*\)\n$/));
});

describe('a lesson that is up', () => {
  let child: ChildProcess;
  let output = '';
  let gateway: string;

  const saying = async (pattern: RegExp) => {
    await vi.waitFor(() => expect(output).toMatch(pattern), { timeout: 45_000, interval: 20 });
    return pattern.exec(output) as RegExpExecArray;
  };

  beforeAll(async () => {
    const args = ['cli/coloring.mjs', 'lesson', 'matching', '--no-check', '--port', '0'];
    const env = { ...process.env, LESSON_FOLDER: folder, NO_COLOR: '1', FORCE_COLOR: undefined };
    child = spawn(process.execPath, args, { env });
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    [, gateway = ''] = await saying(/gateway +curl (\S+)[\s\S]*Ctrl-C/);
  });
  afterAll(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });

  const answer = async () => (await fetch(`http://${gateway}/products/7`)).text();

  it('came up without the check, which gives the answers away', () => {
    expect(output).not.toContain('✓');
    expect(output).toContain('lessons/05-matching/README.md is what to do');
  });

  it('is not disturbed by a second one', async () => {
    const { exitCode, stdout, stderr } = await lesson('06', '--port', '0');
    expect(stderr).toMatch(/^05-matching is up \(process \d+\), and one lesson is up at a time: Ctrl-C/);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(await answer()).toBe('prefix');
  });

  it('has rules in force when --apply returns, and says what there is to say with the file and line of it', async () => {
    const remark = /lessons\/05-matching\/broken\.yaml:11: .*spec\.http\[1\]: never reached/;
    for (let i = 0; i < 10; i++) {
      const { stdout } = await lesson('--apply', 'lessons/05-matching/broken.yaml');
      expect(await answer()).toBe('default');
      expect(stdout).toContain('VirtualService coloring/service-b-gateway: in force\n');
      expect(stdout).toMatch(remark);
      await lesson('--apply', 'lessons/05-matching/rules.yaml');
      expect(await answer()).toBe('prefix');
    }
    await saying(/✓ lessons\/05-matching\/broken\.yaml: in force\n.*broken\.yaml:11: /);
    expect(output).not.toContain('rules.yaml: the rules as they are now');
  });

  it('refuses rules that are wrong, and the ones before hold on', async () => {
    const wrong = join(home, 'wrong.yaml');
    const text = await readFile('lessons/05-matching/broken.yaml', 'utf8');
    await writeFile(wrong, text.replace('hosts:', 'host:'));
    expect(await lesson('--apply', wrong)).toEqual(refusedWith(/wrong\.yaml:6: .*spec\.host: unknown field/));
    expect(await answer()).toBe('prefix');
  });

  it('takes rules away when it is told to, and says where there is nothing to take', async () => {
    const { stdout } = await lesson('--delete', 'lessons/05-matching/broken.yaml');
    expect(stdout).toBe('VirtualService coloring/service-b-gateway: taken away\n');
    expect((await fetch(`http://${gateway}/products/7`)).status).toBe(404);
    await saying(/✓ lessons\/05-matching\/broken\.yaml: taken away\n/);
    expect(await lesson('--delete', 'lessons/05-matching/broken.yaml')).toEqual(
      refusedWith(/broken\.yaml:1: none of these is in force: VirtualService coloring\/service-b-gateway\n/),
    );
    await lesson('--apply', 'lessons/05-matching/rules.yaml');
    expect(await answer()).toBe('prefix');
  });

  it('confirms an edit of its rules, or refuses it aloud', async () => {
    const rules = join(folder, 'rules.yaml');
    const text = await readFile(rules, 'utf8');
    await writeFile(rules, text.replace('prefix: /products/', 'prefix: /goods/'));
    await saying(/✓ \S+rules\.yaml: the rules as they are now are in force/);
    expect(await answer()).toBe('default');
    await writeFile(rules, text.replaceAll('prefix: /products/', 'praefix: /products/'));
    await saying(/✗ \S+rules\.yaml: not put in force, the rules before hold on:\n.*praefix/);
    expect(await lesson('--apply', 'lessons/05-matching/rules.yaml')).toEqual(
      refusedWith(/up\/rules\.yaml:\d+: .*praefix/),
    );
    await writeFile(rules, text);
    await saying(/✗[\s\S]*✓ \S+rules\.yaml: the rules as they are now are in force/);
  });

  it('prints its access logs from when it is told to', async () => {
    expect((await lesson('--log', 'short')).stdout).toBe(
      "05-matching prints each proxy's access log from now on, in short\n",
    );
    await answer();
    await saying(/^proxy +flag route +destination\ngateway +200 - +- +service-b prefix-0$/m);
    await lesson('--log');
    await answer();
    await saying(/^gateway \[.*"GET \/products\/7 HTTP\/1\.1" 200 - via_upstream/m);
    await lesson('--log', 'off');
  });

  it('takes its folder away when it ends', async () => {
    child.kill('SIGINT');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    await expect(access(folder)).rejects.toThrow();
  });
});

it('comes up where another was killed and could not tidy up', async () => {
  const env = { ...process.env, LESSON_FOLDER: folder };
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const child = spawn(process.execPath, ['cli/coloring.mjs', 'lesson', '21', '--no-check', '--port', '0'], {
      env,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    await expect.poll(() => output, { timeout: 45_000, interval: 20 }).toContain('Ctrl-C');
    child.kill(signal);
    await once(child, 'close');
  }
  await expect(access(folder)).rejects.toThrow();
});
