import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

/** A command that says something into a full disk, and ends with 7 a little later. */
async function intoFullDisk(more = '') {
  const program = `
    import { endWithItsReader } from ${JSON.stringify(new URL('reader.ts', import.meta.url).href)};
    endWithItsReader();
    ${more}
    console.log('x');
    setTimeout(() => { console.log('y'); process.exit(7); }, 100);`;
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  const said = text(child.stderr as NonNullable<typeof child.stderr>);
  const [code] = await once(child, 'close');
  return { code, said: await said };
}

it.skipIf(process.platform !== 'linux')('a command whose output is lost says so and fails', async () => {
  const { code, said } = await intoFullDisk();
  expect(code).toBe(2);
  expect(said).toMatch(/^standard output: no space is left on the disk.* \(ENOSPC\)\n$/);
});

it.skipIf(process.platform !== 'linux')('one that stays up says so once, and goes on', async () => {
  const { code, said } = await intoFullDisk(`process.on('SIGINT', () => {});`);
  expect(code).toBe(7);
  expect(said).toMatch(/^standard output: .* \(ENOSPC\); it goes on, and says no more\n$/);
});
