#!/usr/bin/env node
'use strict';

// libuv creates its thread pool on first use and never resizes it. Password hashing may take one thread for each core
// (`password.hashing_slots`); files, DNS look-ups and signatures need some more. Loading an ES module uses the pool, so
// the size is set before that, in a CommonJS file.
process.env.UV_THREADPOOL_SIZE ??= String(require('node:os').availableParallelism() + 4);

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

import('../dist/main.js').catch((error) => {
  const limit = LIMITS[error?.code];
  // Other errors are defects: their stack is needed.
  if (limit === undefined) throw error;
  process.stderr.write(`error: cannot start: ${limit}\n`, () => process.exit(1));
});
