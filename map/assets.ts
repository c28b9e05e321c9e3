/**
 * The files of the page: TypeScript with its types stripped, as Node does it (in the package: the JavaScript built of
 * it), and the modules that it imports from node_modules by an import map. Nothing comes from another host.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import module from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { isPackage } from '../runtime/project.ts';

const zip = promisify(gzip);
const page = new URL('page/', import.meta.url);

/** What the page imports by name, and where it is where the name alone does not lead to a module. */
const modules: Readonly<Record<string, string>> = {
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  htm: 'htm',
  'htm/preact': 'htm/preact',
  '@preact/signals-core': '@preact/signals-core',
  '@preact/signals': '@preact/signals',
  '@dagrejs/dagre': '@dagrejs/dagre',
  uplot: 'uplot/dist/uPlot.esm.js',
};

/** Not before they are needed. */
const later = [
  '/modules/@dagrejs/dagre.mjs',
  '/page/arrange-graph.ts',
  '/page/arrange-graph.js',
  '/modules/uplot.mjs',
];

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
};

export interface Asset {
  type: string;
  /** As it is sent: compressed. */
  gzip: Buffer;
}

/** By file: each is read, stripped and compressed once in a process. */
const loaded = new Map<string, Promise<Asset>>();

/** Path of the URL -> the file behind it. */
export class Assets {
  readonly #files: ReadonlyMap<string, URL>;
  readonly #importMap: string;

  private constructor(files: ReadonlyMap<string, URL>, importMap: string) {
    this.#files = files;
    this.#importMap = importMap;
  }

  static async open(): Promise<Assets> {
    const files = new Map<string, URL>();
    for (const name of await readdir(page)) {
      const isServed = extname(name) in types && !name.includes('.test.');
      if (isServed) files.set(name === 'index.html' ? '/' : `/page/${name}`, new URL(name, page));
    }
    const imports: Record<string, string> = {};
    for (const [name, module] of Object.entries(modules)) {
      const path = `/modules/${name}.mjs`;
      files.set(path, new URL(import.meta.resolve(module)));
      imports[name] = path;
    }
    files.set('/modules/uplot.css', new URL(import.meta.resolve('uplot/dist/uPlot.min.css')));
    return new Assets(files, JSON.stringify({ imports }));
  }

  /** `script-src` lets in what this server has, and the import map by its hash. */
  get contentSecurityPolicy(): string {
    const hash = createHash('sha256').update(this.#importMap).digest('base64');
    return [
      "default-src 'none'",
      `script-src 'self' 'sha256-${hash}'`,
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  }

  /** Undefined where there is no such file. */
  get(path: string): Promise<Asset> | undefined {
    const file = this.#files.get(path);
    if (!file) return undefined;
    let asset = loaded.get(file.href);
    if (!asset) {
      asset = this.#load(file);
      loaded.set(file.href, asset);
    }
    return asset;
  }

  /** Makes ready what a browser will ask for, one file after the other. */
  async warm(): Promise<void> {
    // Where a file cannot be read, the request for it says so.
    for (const path of this.#files.keys()) await this.get(path)?.catch(() => {});
  }

  /** All paths, for those who measure. */
  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** All that the page begins with, so that a browser asks for it at once and not file after file as it reads them. */
  get #preloads(): string {
    return this.paths
      .filter((path) => /\.(ts|js|mjs)$/.test(path) && !later.includes(path))
      .map((path) => `<link rel="modulepreload" href="${path}">`)
      .join('\n');
  }

  async #load(file: URL): Promise<Asset> {
    const extension = extname(fileURLToPath(file));
    let text = await readFile(file, 'utf8');
    if (extension === '.ts') text = stripTypes(text);
    if (extension === '.html') {
      text = text.replace('{}', this.#importMap).replace('<!-- modules -->', this.#preloads);
      if (isPackage) text = text.replace('/page/main.ts', '/page/main.js');
    }
    return { type: types[extension] ?? 'application/octet-stream', gzip: await zip(text) };
  }
}

/** Without the warning that this part of Node may still change: whoever starts the lanes can do nothing about it. */
function stripTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return module.stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
