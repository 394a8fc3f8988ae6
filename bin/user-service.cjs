#!/usr/bin/env node
'use strict';

const { readdirSync, stat } = require('node:fs');
const os = require('node:os');

// libuv creates its thread pool on first use and never resizes it. Password hashing may take one thread for each core
// (`password.hashing_slots`); files, DNS look-ups and signatures need some more. Loading an ES module uses the pool, so
// the size is set before that, in a CommonJS file.
process.env.UV_THREADPOOL_SIZE ??= String(os.availableParallelism() + 4);
lowerPoolPriority();

// As Node.js has it from version 21. Without it, node-postgres finds out by `Response` whether it runs in a Cloudflare
// worker, and Node.js 20 then loads its whole HTTP client: 40 ms of a start.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node.split('.')[0]}` };

// node-postgres reads this variable while it loads, and then needs a package that is not installed.
delete process.env.NODE_PG_FORCE_NATIVE;

// Without a listener, SIGUSR1 opens Node's debugger to every user of the machine.
process.on('SIGUSR1', () => {});

const LIMITS = {
  EMFILE: 'this process may not open more files. Raise its limit (`ulimit -n`).',
  ENFILE: 'this machine has too many open files. Raise its limit, or stop other processes.',
};

keepCompiledCode();

import('../dist/main.js').catch((error) => {
  const limit = LIMITS[error?.code];
  // Other errors are defects: their stack is needed.
  if (limit === undefined) throw error;
  process.stderr.write(`error: cannot start: ${limit}\n`, () => process.exit(1));
});

/**
 * From version 22.1 Node.js can keep compiled code, which saves a fifth of a start. Only this user may write to the
 * folder: the code runs in this process (`sudo` may keep the HOME of its caller).
 */
function keepCompiledCode() {
  const { HOME, XDG_CACHE_HOME, NODE_COMPILE_CACHE } = process.env;
  const { enableCompileCache } = require('node:module');
  if (!HOME || enableCompileCache === undefined || NODE_COMPILE_CACHE) return;
  const { existsSync, statSync } = require('node:fs');
  const { join } = require('node:path');
  const isOwn = (folder) => {
    const { uid, mode } = statSync(folder);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  };
  const folder = join(XDG_CACHE_HOME || join(HOME, '.cache'), 'user-service');
  const existing = [XDG_CACHE_HOME || HOME, folder].filter((path) => existsSync(path));
  if (existing.length > 0 && existing.every(isOwn)) enableCompileCache(folder);
}

/**
 * Gives the pool's threads a lower priority, so that password hashes leave the event loop its core: reads stay fast
 * during a flood of sign-ins. Not the lowest one: a busy neighbour on the machine would then stop all sign-ins. On Linux each thread has a priority of its own. Elsewhere, and where the pool exists
 * already, the priority stays as it is.
 */
function lowerPoolPriority() {
  if (process.platform !== 'linux') return;
  const { PRIORITY_BELOW_NORMAL } = os.constants.priority;
  try {
    const threads = () => readdirSync('/proc/self/task');
    const others = new Set(threads());
    // The first use of the pool creates all of its threads.
    stat('/', () => {});
    for (const id of threads()) {
      if (!others.has(id)) os.setPriority(Number(id), PRIORITY_BELOW_NORMAL);
    }
  } catch {
    // Without /proc, or without the right to change a priority, the service works as well.
  }
}
