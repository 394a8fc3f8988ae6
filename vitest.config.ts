import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Tests run the sources of the client package, as the compiler does by `paths` in tsconfig.json. */
const resolve = {
  alias: [
    {
      find: /^@user-service\/client$/,
      replacement: join(import.meta.dirname, 'packages/client/src/index.ts'),
    },
    {
      find: /^@user-service\/client\/([a-z]+)$/,
      replacement: join(import.meta.dirname, 'packages/client/src/$1.ts'),
    },
  ],
};

/** A suite that needs a real PostgreSQL; each test file creates its databases with `createTestDatabase`. */
function withPostgres(
  name: string,
  test: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration {
  return {
    resolve,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: ['test/support/shared-postgres.ts', 'test/support/shared-embedded.ts'],
      setupFiles: ['test/support/test-file-setup.ts'],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      // The files of one worker share their modules: loading them again for each file took half of the time.
      isolate: false,
      ...test,
    },
  };
}

export default defineConfig({
  test: {
    // The tests that start servers and programs wait a good part of their time: three files keep two cores busy.
    maxWorkers: 3,
    allowOnly: false,
    passWithNoTests: false,
    retry: 0,
    teardownTimeout: 30_000,
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['{src,scripts,bench,packages}/**/*.test.ts'],
          // Tests with generated inputs take seconds, and a multiple beside other suites.
          testTimeout: 30_000,
          isolate: false,
        },
      },
      // Searches all states of the protocols with Spin.
      {
        test: {
          name: 'models',
          include: ['test/models/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      withPostgres('contract'),
      withPostgres('integration'),
      withPostgres('http'),
      // The client package beside the service.
      withPostgres('client', { testTimeout: 60_000 }),
      // What people reported about comparable systems, tried here: a file for each kind.
      withPostgres('field'),
      withPostgres('e2e', { testTimeout: 120_000 }),
      // Last, and two files at a time: the tests freeze and kill servers and have deadlines.
      withPostgres('faults', {
        testTimeout: 120_000,
        maxWorkers: 2,
        sequence: { groupOrder: 1 },
      }),
    ],
  },
});
