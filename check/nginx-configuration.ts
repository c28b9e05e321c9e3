/** The configuration of an nginx in front, from the server block that a lesson has of it. */

/** The port that server blocks listen on. */
export const frontPort = 8088;

/** A line `# sidecar` says so. */
export function hasSidecar(serverBlock: string): boolean {
  return /^\s*# sidecar\b/m.test(serverBlock);
}

/**
 * A whole one: it needs no right but to write into `folder`.
 * @param listen where, if not on all addresses at the port of the server block
 */
export function configurationOf(folder: string, serverBlock: string, listen = String(frontPort)): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'events {}',
    'http {',
    'access_log off;',
    ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
    serverBlock.replace(/listen\s+8088;/, `listen ${listen};`),
    '}',
  ].join('\n');
}
