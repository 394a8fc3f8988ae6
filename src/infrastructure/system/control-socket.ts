import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';

/**
 * Longest path of a Unix socket in bytes, without its final NUL: `sun_path` has 104 bytes on macOS and 108 on Linux.
 */
const MAX_SOCKET_PATH_BYTES = 103;
/** How long a living owner may take to accept a connection, in milliseconds. */
const PROBE_TIMEOUT_MS = 1_000;
/** Times that a socket left by a dead process is cleared away before giving up. */
const MAX_TAKEOVERS = 3;

/** The data directory belongs to another process, or its socket cannot be made. The message says what to do. */
export class ControlSocketError extends Error {
  override readonly name = 'ControlSocketError';
}

/** A claimed socket. */
export interface ControlSocket {
  readonly path: string;
  /** Hands over connections, those that came before included. */
  serve(accept: (socket: Socket) => void): void;
  /** Removes the socket, stops listening, and closes the connections that are still open. */
  release(): Promise<void>;
}

/**
 * Claims a data directory by listening on a socket in it. The kernel tells whether the owner lives, whatever its
 * process id and in whatever container: connecting to a socket whose process is gone is refused. So nothing stale can
 * keep a service from starting, and no second one starts beside a living first.
 *
 * The socket is made under a name of its own and then linked to `path`, which fails when the name is taken; a dead
 * owner's socket is moved away, and put back if it turns out to be another one than was probed.
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
  const own = `${path}.${randomBytes(4).toString('hex')}`;
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    accept(socket);
  });
  await listen(server, own);
  try {
    await chmod(own, 0o600);
    await takeName(own, path);
  } catch (error) {
    await close(server, own);
    throw error;
  }
  const identity = (await lstat(path)).ino;
  await rm(own, { force: true });
  return {
    path,
    serve(handler) {
      accept = handler;
      for (const socket of waiting.splice(0)) handler(socket);
    },
    async release() {
      if ((await inode(path)) === identity) await rm(path, { force: true });
      const closed = close(server, own);
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Whether a living process listens on the socket. */
export async function isControlSocketAlive(path: string): Promise<boolean> {
  return (await inode(path)) !== null && (await isAlive(path));
}

async function takeName(own: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_TAKEOVERS; attempt += 1) {
    try {
      await link(own, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await clearDeadSocket(path, `${own}.dead`);
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
    // Somebody else may have taken the name meanwhile; then the one moved away runs on without it.
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(aside, { force: true });
    throw inUse(path);
  }
  await rm(aside, { force: true });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((done, reject) => {
    const socket = connect(shortest(path));
    const finish = (alive: boolean): void => {
      socket.destroy();
      done(alive);
    };
    // A frozen owner accepts nothing and is alive all the same.
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
  const name = shortest(path);
  if (Buffer.byteLength(name) > MAX_SOCKET_PATH_BYTES) {
    throw new ControlSocketError(
      `The path of the control socket ${path} is too long for this system; choose a shorter database.path.`,
    );
  }
  return new Promise((done, reject) => {
    server.once('error', reject);
    // The socket is made within this call, before its mode can be set: nobody else may connect in between.
    const umask = process.umask(0o177);
    try {
      server.listen(name, () => {
        server.off('error', reject);
        done();
      });
    } finally {
      process.umask(umask);
    }
  });
}

/** The socket's path, relative to the working directory where that is shorter. */
function shortest(path: string): string {
  const absolute = isAbsolute(path) ? path : resolve(path);
  const fromHere = join('.', relative(process.cwd(), absolute));
  return fromHere.length < absolute.length ? fromHere : absolute;
}

function close(server: Server, own: string): Promise<void> {
  return new Promise((done) => {
    server.close(() => {
      rm(own, { force: true }).then(
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
