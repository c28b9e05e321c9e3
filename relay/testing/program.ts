/** A program of this computer as a real process, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { firstLine } from '../../runtime/first-line.ts';

export interface Program extends AsyncDisposable {
  child: ChildProcess;
  port: number;
}

/** Answers `/slow` after 300 ms, `/parts` in parts, `/never` not at all, all else at once; `/stuck=MS` blocks it. */
const source = `
const server = require('node:http').createServer((req, res) => {
  if (req.url === '/slow') setTimeout(() => res.end('mine'), 300);
  else if (req.url === '/parts') {
    let left = 6;
    const timer = setInterval(() => (left-- ? res.write('part') : (clearInterval(timer), res.end())), 250);
    res.write('part');
  } else if (req.url === '/never') res.on('error', () => {});
  else if (req.url.startsWith('/stuck')) {
    const until = Date.now() + Number(req.url.split('=')[1]);
    while (Date.now() < until);
    res.end('late');
  } else res.end('mine');
});
server.listen(Number(process.argv[1]), '127.0.0.1', () => console.log(server.address().port));
`;

/** @param port unset: any free one */
export async function startProgram(port = 0): Promise<Program> {
  const child = spawn(process.execPath, ['-e', source, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  return {
    child,
    port: await firstLine(child, child.stdout, (line) => Number(line) || undefined),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
