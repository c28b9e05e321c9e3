/** What the program on this computer calls itself: through its relay into the mesh, in the colour of the request. */
import getPort from 'get-port';
import { request } from 'undici';
import { probe } from '../../../lanes/probe.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import { LocalLane } from './command.ts';

/** @param serviceB is up; service-a joins it in its lane */
export async function callsOut(test: TestCluster, report: Report, serviceB: LocalLane): Promise<void> {
  const { version } = serviceB;
  const forward = await getPort();
  const options = ['--forward', `${forward}:service-b:32000`];
  const lane = await LocalLane.start(test, { service: 'service-a', version, options });
  try {
    await lane.serves();
    const { trail } = await probe({ url: test.url, header: test.lanes.header }, { color: version });
    report.check(
      'two services of one lane on this computer: the one calls the other through the mesh, in its colour',
      trail?.map((hop) => `${hop.service} ${hop.version} ${hop.color}`).join(' → ') ===
        `service-a ${version} ${version} → service-b ${version} ${version}`,
      trail,
    );
    const headers = { [test.lanes.header]: 'release-v1' };
    const { body } = await request(`http://127.0.0.1:${forward}`, { headers });
    const answer = await body.text();
    report.check(
      '--forward: a port here leads to a service there, by its rules',
      answer === 'release-v1',
      answer,
    );
  } finally {
    await lane.interrupt();
  }
}

/** Nothing is taken over: the service's pods answer as ever, and the program here calls into the mesh. */
export async function callsOutOnly(test: TestCluster, report: Report): Promise<void> {
  const script = `fetch(process.env.ASK).then((answer) => answer.text()).then((text) => console.log('ANSWER ' + text))
    .then(() => setTimeout(() => {}, 600_000))`;
  const port = await getPort();
  const lane = await LocalLane.start(test, {
    service: 'service-a',
    version: 'caller',
    program: ['node', '--eval', script],
    options: [
      '--no-lane-routes',
      '--forward',
      `${port}:service-b:32000`,
      '--env',
      `ASK=http://127.0.0.1:${port}`,
    ],
  });
  try {
    const said = await lane.says(/^ANSWER \S+/m);
    report.check('--no-lane-routes: it calls', said === 'ANSWER release', lane.said);
    const { trail } = await probe({ url: test.url, header: test.lanes.header }, { color: 'caller' });
    report.check('  and takes nothing over', trail?.[0]?.version === 'release', trail);
  } finally {
    await lane.interrupt();
  }
}
