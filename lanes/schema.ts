/** The shape of lanes.yaml: which keys there are, and what each may hold by itself. */
import { z } from 'zod';
import { defaultColorHeader } from '../carry/color.ts';
import { carriers } from '../carry/color-carrier.ts';
import { hostProblem } from '../mesh/rules/hosts.ts';
import { labels } from '../mesh/rules/labels.ts';
import { dialects, processRules, protocols } from './model.ts';

const label = z
  .string('expected a name')
  .max(63, 'expected at most 63 characters')
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'expected a name of a-z, 0-9 and "-" that begins and ends with a letter or digit (a DNS-1123 label)',
  );

/** Whether text can name a service or a version: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export function isLabel(text: string): boolean {
  return label.safeParse(text).success;
}

/** No program can be started with one: C ends its strings there. */
const noNul = (value: string) => !value.includes('\0');

const string = z
  .union([z.string(), z.number(), z.boolean()], 'expected a string')
  .transform(String)
  .refine(noNul, 'must hold no NUL character');

const env = z.record(
  z
    .string()
    .regex(/^[^=\0]+$/, 'is no name for a variable: it must hold no "=" and no NUL, and not be empty'),
  string,
);

const text = z
  .string('expected a string')
  .refine((value) => value.trim() !== '', 'expected a string that is not empty')
  .refine(noNul, 'must hold no NUL character');

const command = z.union(
  [text, z.array(text).min(1, 'expected a program and its arguments')],
  'expected a command: a string, or a list of the program and its arguments',
);

const host = z.string('expected a host name').superRefine((name, context) => {
  const message = hostProblem(name);
  if (message) context.addIssue(message);
});

const runSchema = z.preprocess(
  (run) => (typeof run === 'string' || Array.isArray(run) ? { command: run } : run),
  object('run is service-a, service-b, a command, or {command, dir, env, ready, watch}', {
    command: command.optional(),
    dir: text.optional(),
    env: env.optional(),
    ready: z
      .string('expected a path')
      .regex(/^\/[!-~]*$/, 'expected a path, like /healthz')
      .optional(),
    watch: z.array(text, 'expected a list of globs, like ["**/*.py"]').optional(),
  }),
);

const url = z.string('expected a URL').transform((value, context) => {
  const parsed = URL.parse(value);
  if (parsed?.protocol === 'http:' && parsed.href === `${parsed.origin}/`)
    return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 80) };
  context.addIssue('expected http://HOST:PORT, like http://127.0.0.1:9000');
  return z.NEVER;
});

/** Beyond it a slip of the finger takes the computer down. */
const mostReplicas = 100;

const versionSchema = z.preprocess(
  (version) => (typeof version === 'string' ? { name: version } : version),
  object('a version is its name alone, or {name, labels, replicas, env, ready, run, url}', {
    name: label,
    labels: z.record(z.string(), string).pipe(labels).default({}),
    replicas: z
      .int('expected a whole number')
      .min(0, 'expected 0 or more')
      .max(mostReplicas, `expected at most ${mostReplicas}: each is a process on this computer`)
      .default(1),
    env: env.default({}),
    ready: z.boolean('expected true or false').default(true),
    run: runSchema.optional(),
    url: url.optional(),
  }),
);

const flag = z.boolean('expected true or false');

const serviceSchema = object(
  'a service has port, protocol, versions, run, url, calls, parallel, entry, hosts, ports, baseline, namespace',
  {
    port: z
      .int('expected a port from 1 to 65535')
      .min(1, 'expected a port from 1')
      .max(65535, 'expected a port up to 65535'),
    protocol: z.enum(protocols, `expected one of ${protocols.join(', ')}`).default('http'),
    versions: z.array(versionSchema, 'expected a list of versions').min(1, 'expected one version or more'),
    run: runSchema.optional(),
    url: url.optional(),
    calls: z
      .preprocess(
        (calls) => (typeof calls === 'string' ? [calls] : calls),
        z.array(label, 'expected the name of a service, or a list of them'),
      )
      .default([]),
    parallel: flag.default(false),
    entry: flag.optional(),
    hosts: z.array(host, 'expected a list of host names').min(1, 'expected one host or more').optional(),
    ports: flag.optional(),
    baseline: label.optional(),
    namespace: label.optional(),
  },
);

export const fileSchema = object(
  'a lanes file has services, namespace, baseline, header, carrier, dialect, links, ports, processes',
  {
    namespace: label.default('coloring'),
    baseline: label.optional(),
    header: z
      .string('expected the name of a header')
      .regex(/^[a-z0-9][-a-z0-9]*$/i, 'expected the name of a header, like x-env')
      .transform((name) => name.toLowerCase())
      .default(defaultColorHeader),
    links: object('links are made under a domain', {
      domain: z
        .string('expected a domain, like localhost')
        .regex(
          /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
          'expected a domain in lower case, like localhost or lanes.example.com',
        ),
    }).optional(),
    dialect: z.enum(dialects, `expected one of ${dialects.join(', ')}`).default('istio'),
    carrier: z.enum(carriers, `expected one of ${carriers.join(', ')}`).default('header'),
    ports: flag.default(false),
    processes: z.enum(processRules, `expected one of ${processRules.join(', ')}`).optional(),
    services: z
      .record(label, serviceSchema, {
        error: (issue) => (issue.code === 'invalid_key' ? undefined : 'expected services by name'),
      })
      .refine((services) => Object.keys(services).length > 0, 'expected one service or more'),
  },
);

export type WrittenFile = z.infer<typeof fileSchema>;
export type WrittenService = z.infer<typeof serviceSchema>;
export type WrittenVersion = z.infer<typeof versionSchema>;
export type WrittenRun = z.infer<typeof runSchema>;

/** A mapping with these keys and no other; `shape` says in words what may be in it. */
function object<Keys extends z.ZodRawShape>(shape: string, keys: Keys) {
  return z.strictObject(keys, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `not known: ${shape}` : `expected a mapping: ${shape}`,
  });
}
