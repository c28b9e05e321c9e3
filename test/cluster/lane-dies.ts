/** A lane dies in every way that pods die: with the fallback nobody notices; without it, stock Istio's 503s. */

import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { waitForProxies } from '../../cluster/lane-steps.ts';
import { probe } from '../../lanes/probe.ts';
import { checkUnharmed, type Measured, underLoad } from './lanes-under-load.ts';
import { total } from './load.ts';
import type { Report } from './report.ts';
import type { TestCluster } from './test-cluster.ts';

const laneName = 'release-v1';

interface Death {
  what: string;
  happen: (test: TestCluster, service: string) => Promise<void>;
  /** Brings the lane back, where Kubernetes does not by itself. */
  undo?: (test: TestCluster, service: string) => Promise<void>;
}

const deaths: readonly Death[] = [
  {
    what: 'scaled to zero and back',
    happen: async (test, service) => {
      await test.kubectl('scale', `deployment/${service}-${laneName}`, '--replicas=0');
      await sleep(8_000);
    },
    undo: async (test, service) => {
      await test.kubectl('scale', `deployment/${service}-${laneName}`, '--replicas=1');
    },
  },
  {
    what: 'its only pod deleted at once (grace 0)',
    happen: async (test, service) => deleteAtOnce(test, `app=${service},version=${laneName}`),
  },
  { what: 'kill -9 of its only process', happen: (test, service) => test.killProcess(service, laneName) },
  {
    what: 'crash loop (killed at each start)',
    happen: async (test, service) => {
      const before = await test.restarts(service, laneName);
      await test.killProcess(service, laneName);
      const restarted = async () => (await test.restarts(service, laneName)) !== before;
      await pWaitFor(restarted, { interval: 250, timeout: 60_000 });
      await test.killProcess(service, laneName);
      await sleep(5_000); // in CrashLoopBackOff
    },
    // A new pod starts without the back-off that the old one has earned.
    undo: (test, service) => deleteAtOnce(test, `app=${service},version=${laneName}`),
  },
  {
    what: 'readiness probe fails',
    happen: async (test, service) => {
      const recreate = '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}';
      await test.kubectl('patch', `deployment/${service}-${laneName}`, '--patch', recreate);
      await test.kubectl('set', 'env', `deployment/${service}-${laneName}`, 'READY=false');
      await sleep(12_000);
    },
    undo: async (test, service) => {
      await test.kubectl('set', 'env', `deployment/${service}-${laneName}`, 'READY-');
    },
  },
  {
    what: "a node's worth: the pods of both services deleted at once",
    happen: (test) => deleteAtOnce(test, `version=${laneName}`),
  },
];

async function deleteAtOnce(test: TestCluster, selector: string): Promise<void> {
  await test.kubectl('delete', 'pods', '--selector', selector, '--grace-period=0', '--force');
}

/** Every death of the lane at every hop with the fallback, then some at the gateway without it. */
export async function laneDies(test: TestCluster, report: Report): Promise<Measured[]> {
  const measured: Measured[] = [];
  await fallback(test, true);
  for (const [service, hop] of [
    ['service-a', 'gateway to service-a'],
    ['service-b', 'service-a to service-b'],
  ] as const) {
    measured.push(...(await diesUnnoticed(test, report, [service], hop)));
  }
  await fallback(test, false);
  try {
    for (const death of deaths.slice(0, 3)) {
      measured.push(await die(test, ['service-a'], death, `without fallback: ${death.what}`));
    }
  } finally {
    await fallback(test, true);
  }
  const without = measured.filter(({ what }) => what.startsWith('without'));
  report.check(
    'without the fallback the same costs requests',
    without.every(({ load }) => total(load.failed) > 0),
    without.map(({ what, load }) => `${what}: ${total(load.failed)}`),
  );
  return measured;
}

/** Every death of the lane at these services at once; the baseline serves meanwhile. */
export async function diesUnnoticed(
  test: TestCluster,
  report: Report,
  services: readonly string[],
  where: string,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const death of deaths) {
    const row = await die(test, services, death, `${where}: ${death.what}`);
    measured.push(row);
    checkUnharmed(report, row);
    for (const service of services) {
      const byBaseline = row.load.servedBy.get(`${service} release`) ?? 0;
      report.check(`  ${byBaseline} of them were served by the baseline`, byBaseline > 0);
    }
  }
  return measured;
}

async function die(
  test: TestCluster,
  services: readonly string[],
  death: Death,
  what: string,
): Promise<Measured> {
  const moving = ['service-a', 'service-b'].map((name) => `${name} ${laneName}`);
  const row = await underLoad(test, { what, colors: [laneName], moving }, async () => {
    await Promise.all(services.map((service) => death.happen(test, service)));
    await sleep(4_000);
    await Promise.all(services.map((service) => death.undo?.(test, service)));
    for (const name of ['service-a', 'service-b']) await test.rolledOut(`${name}-${laneName}`);
    await sleep(1_000);
  });
  // The next one begins with a lane that is whole.
  for (const name of ['service-a', 'service-b']) await test.serves(name, laneName);
  return row;
}

async function fallback(test: TestCluster, on: boolean): Promise<void> {
  for (const service of ['service-a', 'service-b']) {
    await test.helm(
      'upgrade',
      `${service}-routes`,
      'charts/routes',
      '--reset-then-reuse-values',
      '--set',
      `fallback=${on}`,
    );
  }
  await sleep(3_000);
}

/** A colour whose subset has no pod, and one that was never deployed, at the gateway. */
export async function neverDeployed(test: TestCluster, report: Report): Promise<void> {
  const upgrade = ['upgrade', 'service-a-routes', 'charts/routes', '--reset-then-reuse-values'];
  const versions = test.service('service-a').versions.map(({ name }) => name);
  await test.helm(...upgrade, '--set-json', `versions=${JSON.stringify([...versions, 'release-v6'])}`);
  await waitForProxies(test.target('service-a', 'release-v6'), test.shell, 'routed');
  for (const color of ['release-v6', 'release-v9']) {
    const { status, trail } = await probe({ url: test.url, header: test.lanes.header }, { color });
    const what = color === 'release-v6' ? 'a subset without any pod' : 'a version that was never deployed';
    report.check(`${what}: served by the baseline`, status === 200 && trail?.[0]?.version === 'release', {
      status,
      trail,
    });
  }
  await test.helm(...upgrade, '--set-json', 'versions=[]');
}
