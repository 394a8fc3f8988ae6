import { afterAll } from 'vitest';
import { dropTestDatabases } from './test-database.ts';

// Registered before any hook of the test file, so it runs after all of them.
afterAll(dropTestDatabases);

// If the runner is killed, a worker may hang in a test and keep its servers running. This file runs for each test file,
// and one worker runs many.
const LISTENS = Symbol.for('user-service.test.listens-for-disconnect');
const worker = globalThis as { [LISTENS]?: true };
if (worker[LISTENS] === undefined) {
  worker[LISTENS] = true;
  process.once('disconnect', () => process.exit(1));
}
