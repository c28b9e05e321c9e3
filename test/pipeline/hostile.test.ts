/**
 * Steps of the pipeline given text that a shell, JSON or Helm takes for something else. `ssh`, `kubectl` and `helm` are
 * stand-ins that note what reaches them; ssh's runs its words in a shell, as the host's sshd does.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { hostile } from '../hostile.ts';
import { projectRoot } from './gitlab.ts';

const home = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rmSync(home, { recursive: true }));
const at = (name: string) => join(home, name);

/** A program for the steps, as shell. */
function standIn(name: string, script: string): void {
  writeFileSync(at(`bin/${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

beforeEach(() => {
  rmSync(home, { recursive: true });
  for (const folder of ['bin', 'charts', 'host']) mkdirSync(at(folder), { recursive: true });
  cpSync(join(projectRoot, 'pipeline'), at('pipeline'), { recursive: true });
});

/** Runs a step in a copy of the project. */
function run(step: readonly string[], env: Record<string, string>) {
  const [script = '', ...args] = step;
  return execaSync(at(script), args, {
    cwd: home,
    env: { PATH: `${at('bin')}${delimiter}${process.env.PATH}`, TMPDIR: at('host'), ...env },
    extendEnv: false,
    reject: false,
  });
}

/** What a stand-in noted, word by word. */
function noted(file: string): string[] {
  return readFileSync(at(file), 'utf8').split('\0').slice(0, -1);
}

const note = (file: string) => `printf '%s\\0' "$@" >>${at(file)}`;

describe('over-ssh', () => {
  const names = ['BRANCH', 'IMAGE', 'GATEWAY_URL', 'VERSION_OPTIONS', 'CI_DEPLOY_PASSWORD', 'KUBECONFIG'];
  const settings = { SSH_HOST: 'user@host', SSH_PORT: '22', SSH_KNOWN_HOSTS: at('known') };
  const hostOf = `while [ "$1" != -- ]; do shift; done; ${note('asked')}; shift 2; exec sh -c "$*"`;

  beforeEach(() => {
    writeFileSync(at('key'), '');
    standIn('ssh', hostOf);
    writeFileSync(
      at('pipeline/show'),
      `#!/bin/sh\nfor name in ${names.join(' ')}; do eval "value=\\$$name"; printf '%s\\0' "$value"; done >${at('shown')}\n`,
      { mode: 0o755 },
    );
  });
  const overSsh = (env: Record<string, string>, step = 'pipeline/show') =>
    run(['pipeline/over-ssh', step], { ...settings, SSH_PRIVATE_KEY: at('key'), ...env });

  // A text in each variable at once: each run starts some fifty programs.
  const groups = Array.from({ length: Math.ceil(hostile.length / names.length) }, (_, i) =>
    names.map((_, j) => hostile[(i * names.length + j) % hostile.length] as string),
  );
  test.each(groups.map((group) => [group]))('hands on %j as they are', (group) => {
    const given = Object.fromEntries(names.map((name, i) => [name, group[i] as string]));
    const { exitCode, stderr } = overSsh({ ...given, SSH_KUBECONFIG: given.KUBECONFIG as string });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(noted('shown')).toEqual(group);
  });

  test('SSH_KUBECONFIG runs nothing on the host', () => {
    overSsh({ SSH_KUBECONFIG: `'; touch ${at('run')}; '` });
    expect(() => readFileSync(at('run'))).toThrow('ENOENT');
  });

  test('SSH_HOST is a host, never an option of ssh', () => {
    overSsh({ SSH_HOST: `-oProxyCommand=touch ${at('run')}` });
    expect(noted('asked').slice(0, 2)).toEqual(['--', `-oProxyCommand=touch ${at('run')}`]);
  });

  test('a step is one word', () => {
    overSsh({}, `pipeline/show; touch ${at('run')}`);
    expect(() => readFileSync(at('run'))).toThrow('ENOENT');
  });

  test.each(['Welcome to host!\n/tmp/x', '', 'relative', '/tmp/a b', '/tmp/$(id)'])(
    'a host that answers %j instead of a folder gets nothing to remove',
    (said) => {
      standIn('ssh', `while [ "$1" != -- ]; do shift; done; ${note('asked')}; printf '%s\\n' '${said}'`);
      const { exitCode, stderr } = overSsh({});
      expect(exitCode).toBe(1);
      expect(stderr).toContain('should have answered with a new folder');
      expect(noted('asked')).toEqual(['--', 'user@host', 'mktemp', '-d']);
    },
  );
});

describe('namespace', () => {
  beforeEach(() => {
    standIn('kubectl', `case $1 in create) cat >${at('secret')} ;; apply) cat >/dev/null ;; esac`);
  });
  const settings = {
    NAMESPACE: 'coloring',
    CI_REGISTRY: 'registry.example.com:5000',
    CI_DEPLOY_USER: 'deploy',
  };

  test.each(['"', '\\', 'a"b', 'a\nb', '%s%n', hostile.join('')])(
    'a password %j reaches the registry as it is',
    (password) => {
      const { exitCode, stderr } = run(['pipeline/namespace'], { ...settings, CI_DEPLOY_PASSWORD: password });
      expect([exitCode, stderr]).toEqual([0, '']);
      const { auths } = JSON.parse(readFileSync(at('secret'), 'utf8'));
      const { auth } = auths['registry.example.com:5000'];
      expect(Buffer.from(auth, 'base64').toString()).toBe(`deploy:${password}`);
    },
  );

  test.each(['', 'a"b', 'a b', 'a\nb', '{}'])('%j is no registry', (registry) => {
    const env = { ...settings, CI_REGISTRY: registry, CI_DEPLOY_PASSWORD: 'x' };
    const { exitCode, stderr } = run(['pipeline/namespace'], env);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('is not the address of a registry');
  });
});

describe('routes', () => {
  const env = {
    ...{ BRANCH: 'own', SERVICE: 'true', PORT: '1', BASELINE: 'null', NAMESPACE: 'x' },
    ...{ ROUTES_OPTIONS: '', LOCK_SECONDS: '1', PROOF_SECONDS: '1' },
  };
  beforeEach(() => {
    standIn('helm', note('helm'));
    standIn('kubectl', 'true');
  });
  /** What Helm is told of versions, each with its option. */
  const told = () =>
    noted('helm').flatMap((word, i, all) => (/^states\./.test(word) ? [all[i - 1], word] : []));

  test('names that YAML takes for something else stay names', () => {
    const { exitCode, stderr } = run(['pipeline/routes', 'gone', 'null', '123', '--', '--set', 'a=b'], env);
    expect([exitCode, stderr]).toEqual([0, '']);
    const words = noted('helm');
    expect(words).toEqual(expect.arrayContaining(['service=true', 'baseline=null', 'a=b']));
    expect(words[words.indexOf('service=true') - 1]).toBe('--set-literal');
    expect(told()).toEqual(['--set-literal', 'states.null=gone', '--set-literal', 'states.123=gone']);
  });

  test('no other version is asked for, nor written', () => {
    run(['pipeline/routes', 'subset', 'own'], env);
    run(['pipeline/routes', 'forgotten', 'own'], env);
    expect(told()).toEqual(['--set-literal', 'states.own=subset', '--set', 'states.own=null']);
    // pipeline/gateway gets values: of the gateway.
    expect(noted('helm').filter((word) => /^(upgrade|get|list|status)$/.test(word))).toEqual([
      ...['get', 'upgrade'],
      ...['get', 'upgrade'],
    ]);
  });
});
