#!/usr/bin/env node
'use strict';

// libuv creates its thread pool on first use and never resizes it. Password hashing may take one thread for each core
// (`password.hashing_slots`); files, DNS look-ups and signatures need some more. Loading an ES module uses the pool, so
// the size is set before that, in a CommonJS file.
process.env.UV_THREADPOOL_SIZE ??= String(require('node:os').availableParallelism() + 4);

import('../dist/main.js');
