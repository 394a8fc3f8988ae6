import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';

/**
 * Longest path of a Unix socket in bytes without the final NUL: `sun_path` has 104 bytes on macOS, 108 on Linux.
 */
const MAX_SOCKET_PATH_BYTES = 103;
/** Longest wait for the owner to accept a connection, in milliseconds. */
const PROBE_TIMEOUT_MS = 1_000;
/** Most attempts to remove the socket of a dead process. */
const MAX_TAKEOVERS = 3;

/** Another process uses the data directory, or its socket cannot be created. The message says what to do. */
export class ControlSocketError extends Error {
  override readonly name = 'ControlSocketError';
}

export interface ControlSocket {
  readonly path: string;
  /** Passes connections to `accept`, including those that arrived before. */
  serve(accept: (socket: Socket) => void): void;
  /** Removes the socket, stops listening, and closes the connections that are still open. */
  release(): Promise<void>;
}

/**
 * Claims a data directory by listening on a socket in it. The kernel refuses a connection to a socket whose process is
 * gone, regardless of process ids and containers. So a stale socket never blocks a start, and a second service never
 * starts beside a running one.
 *
 * The socket is created under a temporary name and then linked to `path`, which fails when `path` exists. The socket of
 * a dead owner is moved away, and moved back if it is not the one that was probed.
 * @throws ControlSocketError when another process holds it.
 */
export async function claimControlSocket(path: string): Promise<ControlSocket> {
  const waiting: Socket[] = [];
  const open = new Set<Socket>();
  let accept = (socket: Socket): void => {
    socket.once('error', () => socket.destroy());
    waiting.push(socket);
  };
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    accept(socket);
  });
  await listen(server, temporary);
  try {
    await chmod(temporary, 0o600);
    await linkTo(path, temporary);
  } catch (error) {
    await close(server, temporary);
    throw error;
  }
  const identity = (await lstat(path)).ino;
  await rm(temporary, { force: true });
  return {
    path,
    serve(handler) {
      accept = handler;
      for (const socket of waiting.splice(0)) handler(socket);
    },
    async release() {
      if ((await inode(path)) === identity) await rm(path, { force: true });
      const closed = close(server, temporary);
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/**
 * Finds the living process that listens on the socket.
 * @returns a path of the socket that is short enough to connect to, from the working directory of this process; null when
 * no process listens
 * @throws ControlSocketError when the path is too long from here, or belongs to another user
 */
export async function findControlSocket(path: string): Promise<string | null> {
  try {
    return (await inode(path)) !== null && (await isAlive(path)) ? connectable(path) : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new ControlSocketError(
      `This user may not use the control socket in ${dirname(path)} (${code}). Run the command as the user who runs the service.`,
      { cause: error },
    );
  }
}

async function linkTo(path: string, temporary: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_TAKEOVERS; attempt += 1) {
    try {
      await link(temporary, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await clearDeadSocket(path, `${temporary}.dead`);
  }
  throw inUse(path);
}

async function clearDeadSocket(path: string, aside: string): Promise<void> {
  const probed = await inode(path);
  if (probed === null) return;
  if (await isAlive(path)) throw inUse(path);
  await rename(path, aside).catch(ignoreMissing);
  const moved = await inode(aside);
  if (moved !== null && moved !== probed) {
    // A third process may have claimed the path meanwhile; then the socket moved away stays without its name.
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(aside, { force: true });
    throw inUse(path);
  }
  await rm(aside, { force: true });
}

function isAlive(path: string): Promise<boolean> {
  const name = connectable(path);
  return new Promise((done, reject) => {
    const socket = connect(name);
    const finish = (alive: boolean): void => {
      socket.destroy();
      done(alive);
    };
    // A frozen owner accepts no connection, but it is alive.
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish(true));
    socket.once('connect', () => finish(true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ENOTSOCK')
        finish(false);
      else if (error.code === 'EAGAIN') finish(true);
      else reject(error);
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  const name = connectable(path);
  return new Promise((done, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(notCreated(path, error)));
    // This call creates the socket before its mode can be set; the umask keeps other users from connecting meanwhile.
    const umask = process.umask(0o177);
    try {
      server.listen(name, () => {
        server.removeAllListeners('error');
        done();
      });
    } finally {
      process.umask(umask);
    }
  });
}

/** A refused folder has the reason and the key; the temporary name of the socket says nothing to an operator. */
function notCreated(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === undefined) return error;
  return new ControlSocketError(
    `Cannot create the control socket in ${dirname(path)} (${error.code}). Check database.path, and who may write there.`,
  );
}

/**
 * The path for `listen` and `connect`, which cut a longer one silently.
 * @throws ControlSocketError when it is too long from the working directory too
 */
function connectable(path: string): string {
  const name = shortest(path);
  if (Buffer.byteLength(name) <= MAX_SOCKET_PATH_BYTES) return name;
  throw new ControlSocketError(
    `The path of the control socket ${path} is too long for this system (${MAX_SOCKET_PATH_BYTES} bytes). Run this in a folder nearer to it, or choose a shorter database.path.`,
  );
}

/** Returns the path relative to the working directory if that is shorter. */
function shortest(path: string): string {
  const absolute = isAbsolute(path) ? path : resolve(path);
  const fromHere = join('.', relative(process.cwd(), absolute));
  return fromHere.length < absolute.length ? fromHere : absolute;
}

function close(server: Server, temporary: string): Promise<void> {
  return new Promise((done) => {
    server.close(() => {
      rm(temporary, { force: true }).then(
        () => done(),
        () => done(),
      );
    });
  });
}

async function inode(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).ino;
  } catch (error) {
    return ignoreMissing(error as NodeJS.ErrnoException);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function inUse(path: string): ControlSocketError {
  return new ControlSocketError(
    `Another process uses the data directory ${dirname(path)}. Stop it, or give this one another database.path.`,
  );
}
