import { afterAll } from 'vitest';
import { dropTestDatabases } from './test-database.ts';

// Registered before any hook of the test file, so it runs after all of them.
afterAll(dropTestDatabases);

// If the runner is killed, a worker may hang in a test and keep its servers running.
process.once('disconnect', () => process.exit(1));
