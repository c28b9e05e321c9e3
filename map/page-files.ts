/**
 * Which files the page has, and where they lie. In a checkout its modules have been joined (build/prepare.ts); else, and
 * as soon as one of them is edited, they are served one by one: TypeScript, in the package the JavaScript built of it, and
 * what they import from node_modules, by an import map.
 */
import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Prepared, preparedFile } from '../runtime/prepared.ts';
import { isPackage } from '../runtime/project.ts';

const page = new URL('page/', import.meta.url);
const html = new URL('index.html', page);

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

export interface PageFiles {
  /** The page itself. */
  html: URL;
  /** Path of the URL -> the file behind it. */
  files: ReadonlyMap<string, URL>;
  /** Name that a module imports -> path of the URL. */
  imports: Readonly<Record<string, string>>;
  /** The module that the page begins with. */
  main: string;
  /** It and all that it needs at once. */
  first: readonly string[];
}

/** @param joined its modules as they were prepared; undefined: one by one */
export async function pageFiles(joined: Prepared | undefined): Promise<PageFiles> {
  const files = new Map([['/modules/uplot.css', new URL(import.meta.resolve('uplot/dist/uPlot.min.css'))]]);
  const names = (await readdir(page)).filter((name) => !name.includes('.test.'));
  const serve = (...extensions: string[]) => {
    for (const name of names)
      if (extensions.includes(extname(name))) files.set(`/page/${name}`, new URL(name, page));
  };
  serve('.css', '.svg');
  if (joined) return joinedModules(joined, files);
  serve('.ts', '.js');
  const imports: Record<string, string> = {};
  for (const [name, module] of Object.entries(modules)) {
    const path = `/modules/${name}.mjs`;
    files.set(path, new URL(import.meta.resolve(module)));
    imports[name] = path;
  }
  const first = [...files.keys()].filter((path) => /\.(ts|js|mjs)$/.test(path) && !later.includes(path));
  return { html, files, imports, main: `/page/main.${isPackage ? 'js' : 'ts'}`, first };
}

function joinedModules({ files: joined }: Prepared, files: Map<string, URL>): PageFiles {
  for (const name of Object.values(joined))
    files.set(`/page/${name}`, pathToFileURL(preparedFile('page', name)));
  const main = `/page/${joined.main}`;
  return { html, files, imports: {}, main, first: [main] };
}
