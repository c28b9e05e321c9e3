/** A real nginx in front of the local mesh, and the connections that lead from it into the mesh. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import pWaitFor from 'p-wait-for';
import type { Sidecar } from '../../mesh/mesh.ts';
import { configurationOf, hasSidecar } from '../nginx-configuration.ts';

const loopback = '127.0.0.1';

interface Ways {
  gateway: { host: string; port: number };
  /** Of a pod without sidecar, and of one with. */
  plain: () => Promise<Sidecar>;
  sidecar: () => Promise<Sidecar>;
}

/**
 * Fronts by their configuration: a server block as nginx takes it, that listens on port 8088. It names what it calls as
 * it would in a cluster: `ingressgateway` the gateway, anything else a service. A line `# sidecar` gives it one.
 */
export class Fronts {
  readonly #ways: Ways;
  readonly #ports = new Map<string, Promise<number>>();
  readonly #connections = new Map<string, Promise<number>>();
  readonly #closers: (() => Promise<void>)[] = [];
  #nextPort: number;

  /** @param firstPort 0, the default: any free ones */
  constructor(ways: Ways, firstPort = 0) {
    this.#ways = ways;
    this.#nextPort = firstPort;
  }

  /** Where the nginx with this configuration listens; started when it is first asked for. */
  port(configuration: string): Promise<number> {
    const port = this.#ports.get(configuration) ?? this.#start(configuration);
    this.#ports.set(configuration, port);
    return port;
  }

  /** A port that leads through a forward proxy to `to`, as the network of a pod leads through its sidecar. */
  connection(proxyPort: number, to: string): Promise<number> {
    const key = `${proxyPort} ${to}`;
    const port = this.#connections.get(key) ?? this.#connect(proxyPort, to);
    this.#connections.set(key, port);
    return port;
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
  }

  async #start(configuration: string): Promise<number> {
    const listen = this.#nextPort === 0 ? await getPort() : this.#nextPort++;
    const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
    const file = join(folder, 'nginx.conf');
    const localised = await this.#localised(configuration);
    await writeFile(file, configurationOf(folder, localised, `${loopback}:${listen}`));
    const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', file, '-g', 'daemon off;'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: folders().join(':') },
    });
    // Stopped in the middle of a check, this process ends without closing anything.
    const endToo = () => void child.kill('SIGTERM');
    process.on('exit', endToo);
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const exited = once(child, 'exit').then(() => Promise.reject(new Error(`nginx ended: ${said.trim()}`)));
    exited.catch(() => {}); // It ends when it is told to.
    this.#closers.push(async () => {
      process.off('exit', endToo);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    });
    await Promise.race([listening(listen), exited]);
    return listen;
  }

  /** The configuration with the places of this computer instead of names that only a cluster's DNS knows. */
  async #localised(configuration: string): Promise<string> {
    const { gateway, plain, sidecar } = this.#ways;
    const proxy = await (hasSidecar(configuration) ? sidecar() : plain());
    let text = configuration;
    for (const [written, before = '', host = '', port = '80'] of configuration.matchAll(
      /(proxy_pass\s+http:\/\/|server\s+)([a-z][-.\w]*)(?::(\d+))?(?=[;/])/g,
    )) {
      if (!host.includes('.') && host !== 'ingressgateway') continue; // The name of an upstream block.
      const at =
        host === 'ingressgateway'
          ? gateway.port
          : await this.connection(Number(new URL(proxy.proxyUrl).port), `${host}:${port}`);
      text = text.replace(written, `${before}${loopback}:${at}`);
    }
    return text;
  }

  async #connect(proxyPort: number, to: string): Promise<number> {
    const sockets = new Set<net.Socket>();
    const server = net.createServer((from) => {
      const through = net.connect(proxyPort, loopback);
      for (const socket of [from, through]) {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => socket.destroy());
      }
      through.write(`CONNECT ${to} HTTP/1.1\r\nhost: ${to}\r\n\r\n`);
      through.once('data', (answer: Buffer) => {
        const end = answer.indexOf('\r\n\r\n') + 4;
        if (answer.length > end) from.write(answer.subarray(end));
        through.pipe(from).pipe(through);
      });
      from.on('close', () => through.destroy());
      through.on('close', () => from.destroy());
    });
    server.listen(0, loopback);
    await once(server, 'listening');
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return (server.address() as net.AddressInfo).port;
  }
}

/** Whether nginx can be started here. */
export async function hasNginx(): Promise<boolean> {
  const found = await Promise.all(
    folders().map((folder) =>
      access(join(folder, 'nginx')).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** Debian puts servers where only root looks. */
function folders(): string[] {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
}

async function listening(port: number): Promise<void> {
  const isOpen = async () => {
    const socket = net.connect(port, loopback);
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    return opened;
  };
  const message = `nginx does not listen on port ${port}`;
  await pWaitFor(isOpen, { timeout: { milliseconds: 10_000, message } });
}
