/**
 * What the server answers for the files of the page: TypeScript with its types stripped, as Node does it, all of it
 * compressed. Nothing comes from another host.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import module from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PageFiles } from './page-files.ts';
import type { LanesView } from './protocol.ts';

const zip = promisify(gzip);

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
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

/** Path of the URL -> what is sent. */
export class Assets {
  readonly #page: PageFiles;
  readonly #importMap: string;
  #html: Promise<string> | undefined;

  constructor(page: PageFiles) {
    this.#page = page;
    this.#importMap = JSON.stringify({ imports: page.imports });
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

  /** The page itself. It has the lanes as they are with it, so that its first picture waits for nothing more. */
  async page(lanes: LanesView): Promise<Asset> {
    this.#html ??= this.#readHtml();
    // What ends a script in HTML cannot stand in it.
    const json = JSON.stringify(lanes).replaceAll('<', '\\u003c');
    const html = (await this.#html).replace('"lanes"', () => json);
    return { type: types['.html'] as string, gzip: await zip(html) };
  }

  /** Undefined where there is no such file. */
  get(path: string): Promise<Asset> | undefined {
    const file = this.#page.files.get(path);
    if (!file) return undefined;
    let asset = loaded.get(file.href);
    if (!asset) {
      asset = load(file);
      loaded.set(file.href, asset);
    }
    return asset;
  }

  /** Makes ready what a browser will ask for, one file after the other: first what it needs for its first picture. */
  async warm(): Promise<void> {
    const paths = [...this.#page.first, ...this.#page.files.keys()].filter((path) => !path.endsWith('.map'));
    // Where a file cannot be read, the request for it says so.
    for (const path of paths) await this.get(path)?.catch(() => {});
  }

  /** With the modules that it begins with, so that a browser asks for them at once and not file after file as it reads them. */
  async #readHtml(): Promise<string> {
    const { main, first, html } = this.#page;
    const preloads = first.map((path) => `<link rel="modulepreload" href="${path}">`);
    return (await readFile(html, 'utf8'))
      .replace('{}', this.#importMap)
      .replace('<!-- modules -->', preloads.join('\n'))
      .replace('/page/main.ts', main);
  }
}

async function load(file: URL): Promise<Asset> {
  const extension = extname(fileURLToPath(file));
  let text = await readFile(file, 'utf8');
  if (extension === '.ts') text = stripTypes(text);
  return { type: types[extension] ?? 'application/octet-stream', gzip: await zip(text) };
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
