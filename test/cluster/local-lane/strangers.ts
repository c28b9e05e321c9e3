/** Who is not the computer of a lane gets nothing from its relay, and takes nothing from it. */
import { connect } from 'node:net';
import { execa } from 'execa';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import { streamPort } from '../../../relay/computer/index.ts';
import type { Report } from '../report.ts';
import type { TestCluster } from '../test-cluster.ts';
import type { LocalLane } from './command.ts';

/** What does not prove the session's key. */
const wrong: Readonly<Record<string, string>> = {
  'a wrong key': `in ${'A'.repeat(86)}\n`,
  garbage: '\u0000\u0001\u0002\u00ff\n\n\n',
  'an endless line': 'x'.repeat(100_000),
  'HTTP/2 without a proof': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
};

/** @param lane is up, and is still afterwards */
export async function strangers(test: TestCluster, report: Report, lane: LocalLane): Promise<void> {
  const pod = await test.kubectl(
    ...['get', 'pods', '--selector', `app=${lane.service},version=${lane.version}`],
    ...[
      '--field-selector',
      'status.phase=Running',
      '-o',
      'jsonpath={.items[0].metadata.name} {.items[0].status.podIP}',
    ],
  );
  const [name = '', address = ''] = pod.split(' ');
  const port = await getPort();
  const forward = execa(
    'kubectl',
    [
      '--context',
      test.cluster.context,
      '--namespace',
      test.namespace,
      'port-forward',
      `pod/${name}`,
      `${port}:${streamPort}`,
    ],
    { reject: false, cancelSignal: test.shell.signal },
  );
  try {
    await pWaitFor(() => greets(port), { interval: 200, timeout: 20_000 });
    for (const [what, text] of Object.entries(wrong)) {
      const came = await answerTo(port, text);
      report.check(`${what} on the stream's port: closed, and told nothing`, came === '', came);
    }
  } finally {
    forward.kill();
    await forward;
  }
  const script = `require('node:net').connect(${streamPort}, '${address}')
    .on('data', (text) => { console.log('GREETED ' + text); process.exit(); })
    .on('error', ({ code }) => { console.log(code); process.exit(); })
    .on('close', () => { console.log('closed'); process.exit(); })
    .setTimeout(3000, () => { console.log('silent'); process.exit(); });`;
  const foreign = await test.kubectl(
    ...['exec', 'deployment/service-a-release', '--container', 'app', '--', 'node', '--eval', script],
  );
  report.check('another pod does not get to the port of the stream', !foreign.includes('GREETED'), foreign);
  await lane.serves();
  report.check('and the lane still serves', true);
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .on('data', () => end(true))
      .on('error', () => end(false))
      .on('close', () => end(false));
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
  });
}

/** What comes back on a new connection behind the greeting, until it is closed. */
function answerTo(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let came = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      came += chunk;
    });
    socket.on('error', () => {}).on('close', () => resolve(came.replace(/^coloring-relay\/1 .*\n/, '')));
    socket.setTimeout(10_000, () => {
      came += 'still open after 10 s';
      socket.destroy();
    });
  });
}
