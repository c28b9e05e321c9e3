/** Errors of the operating system, in words that say what to do. */

/** What each code means for whoever gave the command (errno(3)). */
const wayOut: Readonly<Record<string, string>> = {
  EACCES:
    'permission denied: is it yours? ls -l shows whose it is, chmod u+rw makes it readable and writable',
  EPERM: 'not permitted: is it yours, and not protected?',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is a file, not a folder',
  EEXIST: 'is there already',
  ENXIO: 'is a pipe or device that nobody reads or serves',
  EISDIR: 'is a folder, where a file is needed',
  ELOOP: 'its symbolic links lead round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EROFS: 'the file system can only be read: work in a folder that can be written to',
  ENOSPC: 'no space is left on the disk, or too many files are watched',
  EMFILE: 'too many files are open: raise the bound, e.g. ulimit -n 4096',
  ENFILE: 'too many files are open on this computer',
};

/** The same for addresses to listen on. */
const wayOutListening: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop what uses it, or take another with --port (0: any free one)',
  EACCES: 'may not be used: ports below 1024 are for root; take another with --port',
  EPERM: 'may not be used: take another with --port',
  EADDRNOTAVAIL: 'is no address of this computer',
};

/**
 * One line for an error of a system call: what it was about, and the way out. Undefined for any other error, and for one
 * that has no name here and is about no file.
 */
export function describeSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path, port, address } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  if (code === undefined || syscall === undefined) return undefined;
  if (syscall === 'listen' || syscall === 'bind') {
    const where = port === undefined ? (address ?? 'the address') : `port ${port}`;
    return `${where} ${wayOutListening[code] ?? 'cannot be listened on'} (${code})`;
  }
  const way = wayOut[code] ?? (path === undefined ? undefined : 'the system refused it');
  if (way === undefined) return undefined;
  if (syscall.startsWith('spawn')) return `${path ?? syscall.slice(6)}: ${spawning(code)} (${code})`;
  return `${path === undefined ? '' : `${path}: `}${way} (${code})`;
}

function spawning(code: string): string {
  return code === 'ENOENT'
    ? 'there is no such program: install it, or put it into PATH'
    : 'cannot be started';
}
