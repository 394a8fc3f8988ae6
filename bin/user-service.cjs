#!/usr/bin/env node
'use strict';

// libuv makes its thread pool when it is first used and never grows it. Password hashes may take a thread for each
// core (`password.hashing_slots`), and files, names and signatures need some too. Loading an ES module uses the pool,
// so this has to come first, in a file that is none.
process.env.UV_THREADPOOL_SIZE ??= String(require('node:os').availableParallelism() + 4);

import('../dist/main.js');
