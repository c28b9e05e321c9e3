/**
 * What Argo CD and Flux take: of each kind in examples/gitops the fields at every level that the examples use. They are
 * carried over from the CRDs as facts.yaml, as a CRD has up to a megabyte; `node test/gitops/crds.ts` writes them anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, isMap, parse, parseAllDocuments, visit } from 'yaml';
import { projectFile } from '../../runtime/project.ts';
import { type KubernetesObject, parseObjects } from '../charts/tools.ts';

/** A JSON schema, as far as CRDs have it. */
export interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  pattern?: string;
  additionalProperties?: Schema | boolean;
}

interface Facts {
  /** Go module with version, and the file in it. */
  from: string;
  /** Of `spec`. */
  spec: Schema;
}

const argo = 'github.com/argoproj/argo-cd/v3@v3.6.1';
const operator = 'github.com/controlplaneio-fluxcd/flux-operator@v0.59.0';

/** Where each kind's CRD is: module, file. */
export const crds: Record<string, readonly [module: string, file: string]> = {
  ApplicationSet: [argo, 'manifests/crds/applicationset-crd.yaml'],
  Application: [argo, 'manifests/crds/application-crd.yaml'],
  AppProject: [argo, 'manifests/crds/appproject-crd.yaml'],
  ResourceSet: [operator, 'config/crd/bases/fluxcd.controlplane.io_resourcesets.yaml'],
  ResourceSetInputProvider: [
    operator,
    'config/crd/bases/fluxcd.controlplane.io_resourcesetinputproviders.yaml',
  ],
  HelmRelease: [operator, 'config/data/flux/v2.9.5/helm-controller.yaml'],
  GitRepository: [operator, 'config/data/flux/v2.9.5/source-controller.yaml'],
};

const factsFile = projectFile('test/gitops/facts.yaml');
const examples = projectFile('examples/gitops');

export const facts = (): Record<string, Facts> => parse(readFileSync(factsFile, 'utf8'));

/** The objects of the examples, of all files or of those in a folder. */
export function exampleObjects(folder: 'argo-cd' | 'flux', file = '*'): KubernetesObject[] {
  const files = readdirSync(join(examples, folder)).filter((name) => file === '*' || name === file);
  return files.flatMap((name) => parseObjects(readFileSync(join(examples, folder, name), 'utf8')));
}

/** Of Go's module cache, where the module is there. */
export function fileInModules(module: string, file: string): string | undefined {
  try {
    const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
    const path = join(cache, module, file);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The facts about these objects, of one kind, from the text of its CRD. */
export function factsFrom(crdText: string, [first, ...rest]: readonly KubernetesObject[]): Schema {
  if (!first) throw new Error('no example of this kind');
  const version = first.apiVersion.split('/')[1];
  const crd = parseAllDocuments(crdText)
    .map((document) => document.toJS())
    .find((one) => one?.kind === 'CustomResourceDefinition' && one.spec.names.kind === first.kind);
  const { schema } = crd.spec.versions.find(({ name }: { name: string }) => name === version);
  return pruned(
    schema.openAPIV3Schema.properties.spec,
    [first, ...rest].map(({ spec }) => spec),
  );
}

/** Without descriptions, and below a field that no value has only its type. */
function pruned(schema: Schema, values: readonly unknown[]): Schema {
  const { type, required, enum: allowed, pattern, properties, items, additionalProperties } = schema;
  const own = { ...(type && { type }), ...(allowed && { enum: allowed }), ...(pattern && { pattern }) };
  if (items) {
    const inside = values.flatMap((value) => value as unknown[]);
    return { ...own, items: pruned(items, inside) };
  }
  if (properties) {
    const fields = Object.entries(properties).map(([name, field]): [string, Schema] => {
      const inside = values
        .map((value) => (value as Record<string, unknown>)[name])
        .filter((value) => value !== undefined);
      return [name, inside.length > 0 ? pruned(field, inside) : { ...(field.type && { type: field.type }) }];
    });
    return {
      ...own,
      properties: Object.fromEntries(fields),
      ...(required && { required }),
      additionalProperties: false,
    };
  }
  return { ...own, ...(additionalProperties !== undefined && { additionalProperties: true }) };
}

function writeFacts(): void {
  const objects = [...exampleObjects('argo-cd'), ...exampleObjects('flux')];
  const all = Object.entries(crds).map(([kind, [module, file]]) => {
    const path = fileInModules(module, file);
    if (!path) throw new Error(`not in Go's module cache: go mod download -json ${module}`);
    const own = objects.filter((object) => object.kind === kind);
    return [kind, { from: `${module} ${file}`, spec: factsFrom(readFileSync(path, 'utf8'), own) }];
  });
  const document = new Document(Object.fromEntries(all), { aliasDuplicateObjects: false });
  visit(document, {
    Map: (_, map) => {
      map.flow = map.items.every(({ value }) => !isMap(value));
    },
  });
  writeFileSync(factsFile, document.toString({ lineWidth: 0 }));
}

if (import.meta.main) writeFacts();
