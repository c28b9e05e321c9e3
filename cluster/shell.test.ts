import { describe, expect, test } from 'vitest';
import { CommandFailed, commandLine, Shell } from './shell.ts';

function shellThatNotes({ dryRun = false, signal = new AbortController().signal } = {}) {
  const said: string[] = [];
  return { said, shell: new Shell({ dryRun, signal, say: (line) => said.push(line) }) };
}

describe('a command line can be pasted into a shell', () => {
  test.each([
    [['get', 'pods'], 'kubectl get pods'],
    [['--set-json', 'versions=["a"]'], `kubectl --set-json 'versions=["a"]'`],
    [["it's"], `kubectl 'it'\\''s'`],
    [['a&b', 'c d', ''], `kubectl 'a&b' 'c d' ''`],
  ])('%j', (args, line) => expect(commandLine('kubectl', args)).toBe(line));

  test('with environment and input', () => {
    expect(commandLine('kind', ['create'], { env: { A: 'b c' }, input: 'x: 1\n' })).toBe(
      "A='b c' kind create <<'EOF'\nx: 1\nEOF",
    );
  });
});

describe('a shell', () => {
  test('shows what it runs and returns what it says', async () => {
    const { said, shell } = shellThatNotes();
    expect(await shell.run('node', ['--print', '1+1'])).toBe('2');
    expect(said).toEqual(['$ node --print 1+1']);
  });

  test('runs nothing in a dry run', async () => {
    const { said, shell } = shellThatNotes({ dryRun: true });
    expect(await shell.run('no-such-program', ['x'])).toBe('');
    expect(await shell.ask('no-such-program', ['y'])).toBeUndefined();
    expect(said).toEqual(['$ no-such-program x', '$ no-such-program y']);
  });

  test('a failure carries the command and its last words', async () => {
    const { shell } = shellThatNotes();
    const failing = shell.run('node', ['--eval', 'console.error("broken"); process.exit(3)']);
    await expect(failing).rejects.toThrow(CommandFailed);
    await expect(failing).rejects.toThrow(/^node --eval .*\nbroken$/s);
    expect(await shell.ask('node', ['--eval', 'process.exit(3)'])).toBeUndefined();
  });

  test('a program that is not there is a failure, not a crash', async () => {
    const { shell } = shellThatNotes();
    await expect(shell.run('no-such-program', [])).rejects.toThrow(CommandFailed);
    expect(await shell.peek('no-such-program', [])).toBeUndefined();
  });

  test('its signal ends what runs', async () => {
    const controller = new AbortController();
    const { shell } = shellThatNotes({ signal: controller.signal });
    const running = shell.run('node', ['--eval', 'setInterval(() => {}, 1e6)']);
    controller.abort();
    await expect(running).rejects.toThrow(/abort/i);
  });
});
