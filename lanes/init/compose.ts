/** A draft from the files of docker compose (https://docs.docker.com/reference/compose-file/services/). */
import { isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Draft, type DraftService, labelOf } from './draft.ts';
import { draftProtocol } from './port-protocol.ts';

const port = z.union([
  z.number(),
  z.string(),
  z.looseObject({
    target: z.union([z.number(), z.string()]),
    name: z.string().optional(),
    app_protocol: z.string().optional(),
  }),
]);
const names = z.union([z.array(z.string()), z.record(z.string(), z.unknown())]);

const scalar = z.union([z.string(), z.number(), z.boolean()]).nullable();

const serviceSchema = z.looseObject({
  image: z.string().optional(),
  build: z.union([z.string(), z.looseObject({ context: z.string().optional() })]).optional(),
  command: z.union([z.string(), z.array(z.string())]).nullish(),
  ports: z.array(port).default([]),
  expose: z.array(z.union([z.number(), z.string()])).default([]),
  depends_on: names.default([]),
  environment: z.union([z.array(z.string()), z.record(z.string(), scalar)]).optional(),
});

const fileSchema = z.looseObject({
  name: z.string().optional(),
  services: z.record(z.string(), serviceSchema),
});

type ComposeService = z.infer<typeof serviceSchema>;

/** They speak protocols of their own, of which no header can be read. */
const stores =
  /(^|[/-])(postgres|postgis|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|kafka|zookeeper|nats|cassandra|etcd|mssql)/;

/**
 * @param texts of the files, later ones over earlier ones, as docker compose reads them
 * @param folder of the first of them, to which their paths are relative, as lanes.yaml has to name it
 * @throws Error in words where one of them is no compose file
 */
export function draftFromCompose(texts: readonly string[], folder = ''): Draft {
  const files = texts.map((text) => parseFile(text));
  const all = new Map<string, ComposeService>();
  for (const { services } of files) {
    for (const [name, service] of Object.entries(services)) {
      all.set(name, { ...service, ...all.get(name), ...withoutEmpty(service) });
    }
  }
  const remarks: string[] = [];
  const names = new Set<string>();
  const kept = [...all].filter(([name, service]) => {
    const why = names.has(labelOf(name))
      ? `${labelOf(name)} is another one's name already`
      : whyLeftOut(service);
    if (!why) names.add(labelOf(name));
    if (why) remarks.push(`Left out: ${name}, ${why}.`);
    return !why;
  });
  const keptNames = kept.map(([name]) => name);
  const services = kept.map(([name, service]) => draftService(name, service, keptNames, folder));
  for (const [name, service] of kept) {
    const open = runOf(service, folder) ? openVariables(service) : [];
    if (open.length > 0)
      remarks.push(
        `${labelOf(name)}: its environment takes ${open.join(', ')} from elsewhere: add env to its run.`,
      );
  }
  for (const [name, { ports }] of kept) {
    const callers = services.filter(({ calls }) => calls.includes(labelOf(name)));
    if (ports.length > 0 && callers.length > 0)
      remarks.push(
        `${labelOf(name)} publishes a port: add entry: true if requests from outside come in there.`,
      );
  }
  return {
    namespace: labelOf(files.find(({ name }) => name !== undefined)?.name ?? '') || 'coloring',
    services,
    remarks,
  };
}

function parseFile(text: string): z.infer<typeof fileSchema> {
  const parsed = fileSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`no compose file: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** What the file says nothing of must not hide what an earlier one says. */
function withoutEmpty(service: ComposeService): Partial<ComposeService> {
  return Object.fromEntries(
    Object.entries(service).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  );
}

function whyLeftOut(service: ComposeService): string | undefined {
  if (stores.test(service.image ?? '')) return `${service.image} speaks no HTTP`;
  const written = writtenPort(service);
  if (written === undefined) return 'it says no port';
  return portOf(service) === undefined ? `its port ${JSON.stringify(written)} has no number` : undefined;
}

function draftService(
  name: string,
  service: ComposeService,
  known: readonly string[],
  folder: string,
): DraftService {
  const depends = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on);
  const run = runOf(service, folder);
  return {
    name: labelOf(name),
    port: portOf(service) as number,
    ...protocolOf(service),
    calls: depends.filter((other) => known.includes(other)).map(labelOf),
    ...(run && { run }),
    versions: ['release'],
  };
}

/** Without a folder of its own it runs what its image holds. */
function runOf(service: ComposeService, folder: string): DraftService['run'] {
  const { command, build } = service;
  const dir = typeof build === 'string' ? build : build?.context;
  if (!command || dir === undefined) return undefined;
  const env = Object.fromEntries(variables(service).filter(([, value]) => !isOpen(value)));
  return {
    command,
    dir: folder === '' || isAbsolute(dir) ? dir : join(folder, dir),
    ...(Object.keys(env).length > 0 && { env: env as Record<string, string> }),
  };
}

/** Those that lanes.yaml does not give it anyhow; undefined: the value of the shell. */
function variables({ environment = [] }: ComposeService): [string, string | undefined][] {
  const written = Array.isArray(environment)
    ? environment.map((line): [string, string | undefined] => {
        const [name = '', ...value] = line.split('=');
        return [name, line.includes('=') ? value.join('=') : undefined];
      })
    : Object.entries(environment).map(([name, value]): [string, string | undefined] => [
        name,
        value === null ? undefined : String(value),
      ]);
  return written.filter(([name]) => name !== 'PORT' && name !== 'HOST');
}

/** https://docs.docker.com/reference/compose-file/interpolation/ */
function isOpen(value: string | undefined): boolean {
  return value === undefined || value.includes('$');
}

function openVariables(service: ComposeService): string[] {
  return variables(service).flatMap(([name, value]) => (isOpen(value) ? [name] : []));
}

/** The port by which others call it, as it is written: the first. */
function writtenPort({ ports, expose }: ComposeService) {
  const [written] = [...ports, ...expose];
  return written;
}

function protocolOf(service: ComposeService): Pick<DraftService, 'protocol'> {
  const written = writtenPort(service);
  return typeof written === 'object'
    ? draftProtocol({ name: written.name, appProtocol: written.app_protocol })
    : {};
}

/** Inside the container. */
function portOf(service: ComposeService): number | undefined {
  const written = writtenPort(service);
  if (written === undefined) return undefined;
  const target = typeof written === 'object' ? written.target : written;
  // [[IP:]PUBLISHED:]TARGET[/PROTOCOL], of a range the first
  const [, text] = /(?:^|:)(\d+)(?:-\d+)?(?:\/\w+)?$/.exec(String(target)) ?? [];
  return text === undefined ? undefined : Number(text);
}
