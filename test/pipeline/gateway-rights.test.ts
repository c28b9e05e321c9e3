/** pipeline/gateway and those that ask it, with stand-ins for helm and kubectl: who may write the gateway's part of the fallback. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-rights-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface There {
  /** What `helm get values --all` says of the release. */
  values?: string;
  right: 'yes' | 'no';
  /** Routes of the gateway. */
  routes?: string;
  /** Versions whose part is there beforehand. */
  beforehand?: string;
}

const plain = `entry: true
fallback: true
gateway:
  fallback: true
  hosts:
  - a.test
  namespace: doors
hosts:
- a.test
prefix: ""`;
/** As somebody without the right has left it. */
const left = plain.replace('  fallback: true', '  fallback: false').replace('""', 'dev');

function run(
  step: string,
  args: readonly string[],
  { values = '', right, routes = '', beforehand = '' }: There,
) {
  const script = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  writeFileSync(join(folder, 'values'), values && `${values}\n`);
  script(
    'helm',
    `case "$*" in
      'get values service-a-routes '*) cat '${folder}/values' ;;
      template*) cat >'${folder}/told'; cat '${folder}/rendered' ;;
      upgrade*) echo upgraded >>'${folder}/did'; printf '%s\\n' "$@" >'${folder}/upgraded' ;;
    esac`,
  );
  script(
    'kubectl',
    `case "$*" in
      'auth can-i patch envoyfilters.networking.istio.io --namespace doors') echo ${right}; [ ${right} = yes ] ;;
      'auth can-i '*) echo yes ;;
      'get virtualservices'*) echo '${routes}' ;;
      'get configmap'*) echo '${beforehand}' ;;
      'get envoyfilters.networking.istio.io dev-service-a-fallback --namespace doors'*) echo there ;;
      apply*) echo "$*" >>'${folder}/did'; cat >'${folder}/applied' ;;
      delete*) echo "$*" >>'${folder}/did' ;;
      'get pods --all-namespaces'*) printf 'doors gateway-1\\ncoloring web-1\\n' ;;
      exec*) echo "$4" >>'${folder}/asked'; echo '{ "name": "service-a/release" "name": "service-a/me" }' ;;
    esac`,
  );
  const env = {
    ...{ PATH: `${folder}:${process.env.PATH}`, SERVICE: 'service-a', NAMESPACE: 'coloring' },
    ...{ PORT: '31000', BASELINE: 'release', PROOF_SECONDS: '1', KUBE_CONTEXT: '' },
  };
  const { exitCode, stdout, stderr } = execaSync(`pipeline/${step}`, args, { env, reject: false });
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

describe('pipeline/gateway', () => {
  it.each<[string, There, string]>([
    ['who may', { values: plain, right: 'yes' }, 'true'],
    ['who may not', { values: plain, right: 'no' }, 'false doors'],
    ['who may, after one who might not', { values: left, right: 'yes' }, 'true doors dev-service-a-fallback'],
    ['no routes yet', { right: 'no' }, ''],
    ['no entry', { values: plain.replace('entry: true', 'entry: false'), right: 'no' }, ''],
    ['no fallback', { values: plain.replace('fallback: true', 'fallback: false'), right: 'no' }, ''],
  ])('answers: %s', (_, there, expected) => expect(run('gateway', [], there)).toBe(expected));

  it('says of a version without a part at the gateway what follows, and the way out', () => {
    const said = run('gateway', ['me'], { values: plain, right: 'no', beforehand: 'ann bob' });
    expect(said.split('\n')).toEqual([
      'service-a me: for calls inside of the mesh alone, as you may not write EnvoyFilters in doors; the gateway goes on leading this colour to the baseline. Who may: npx coloring lane local service-a --beforehand me | kubectl apply --filename -',
    ]);
  });

  it.each<[string, There]>([
    ['its part is there beforehand', { values: plain, right: 'no', beforehand: 'ann bob' }],
    ['it has its route there', { values: plain, right: 'no', routes: 'service-a/ann service-a/release' }],
    ['its user may write it', { values: plain, right: 'yes' }],
    ['nobody comes in here', { values: plain.replace('entry: true', 'entry: false'), right: 'no' }],
  ])('says nothing where %s', (_, there) => expect(run('gateway', ['ann'], there)).toBe(''));
});

describe('pipeline/routes', () => {
  const asked = () => readFileSync(join(folder, 'asked'), 'utf8');
  const did = () => readFileSync(join(folder, 'did'), 'utf8').trim().split('\n');
  const set = () => readFileSync(join(folder, 'upgraded'), 'utf8').match(/gateway\.fallback=\w+/g);

  it('leaves that part as it is where it has no right to it, and waits for everybody else', () => {
    run('routes', ['routed', 'me'], { values: plain, right: 'no' });
    expect(set()).toEqual(['gateway.fallback=false']);
    expect(asked()).toMatch(/^(web-1\n)+$/);
  });

  it('writes it where it may', () => {
    run('routes', ['routed', 'me'], { values: plain, right: 'yes' });
    expect(set()).toEqual(['gateway.fallback=true']);
    expect(asked()).toContain('gateway-1\n');
    expect(did()).toEqual(['upgraded']);
  });

  const ofGateway = 'apiVersion: v1alpha3\nkind: EnvoyFilter\nmetadata:\n  name: "dev-service-a-fallback"\n';
  const others = '---\nkind: Service\nmetadata:\n  name: "dev-service-a-fallback"\n---\n# Source: x\n';

  it('brings it up to date before, where the last one might not', () => {
    writeFileSync(join(folder, 'rendered'), `${others}${ofGateway}---\nkind: VirtualService\n`);
    run('routes', ['routed', 'me'], { values: left, right: 'yes' });
    expect(did()).toEqual([expect.stringMatching(/^apply --server-side /), 'upgraded']);
    expect(readFileSync(join(folder, 'applied'), 'utf8')).toBe(`---\n# Source: x\n${ofGateway}`);
    expect(readFileSync(join(folder, 'told'), 'utf8')).toContain('entry: true');
  });

  it('takes it away before, where nothing is left of it', () => {
    writeFileSync(join(folder, 'rendered'), others);
    run('routes', ['gone', 'me'], { values: left, right: 'yes' });
    expect(did()).toEqual([
      expect.stringMatching(/^delete envoyfilters\S+ dev-service-a-fallback --namespace doors /),
      'upgraded',
    ]);
  });
});
