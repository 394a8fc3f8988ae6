import { afterAll } from 'vitest';
import { dropTestDatabases } from './test-database.ts';

// Registered before any hook of the test file, so it runs after all of them.
afterAll(dropTestDatabases);

// A worker whose runner was killed may live on in a hanging test, and its servers with it.
process.once('disconnect', () => process.exit(1));
