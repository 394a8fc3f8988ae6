import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type CliRun, type CliSetting, runCommand } from './cli-setting.ts';
import {
  type FakeOptions,
  type FakeUserService,
  startFakeUserService,
} from './fake-user-service.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

/** The password of each `person`. */
export const IMPORT_PASSWORD = 'canary-password-417';

/** A valid registration; the number makes its address unique. */
export function person(number: number): Record<string, unknown> {
  return {
    first_name: 'Ada',
    last_name: `Number${number}`,
    email: `p${number}@example.com`,
    password: IMPORT_PASSWORD,
  };
}

/**
 * For the tests of one file: before each test a temporary directory, and after it the end of the directory and of the
 * service that the test started. The functions work on `file` and `service`.
 */
export function useImportSetting() {
  let directory: ReturnType<typeof createTemporaryDirectory>;
  let service: FakeUserService | undefined;
  let beforeAnswer: ((running: FakeUserService) => void) | undefined;

  const setting = {
    /** The file to import; a test may name another one. */
    file: '',

    /** Path of the temporary directory. */
    get directory(): string {
      return directory.path;
    },
    /** The service that `start` started. */
    get service(): FakeUserService {
      if (service === undefined) throw new Error('the test has not started the service');
      return service;
    },

    async start(options: FakeOptions = {}): Promise<void> {
      service = await startFakeUserService({
        ...options,
        answer(request, running) {
          beforeAnswer?.(running);
          return options.answer?.(request, running);
        },
      });
    },

    /** Writes people 1 to `count`, a line each. */
    writePeople(
      count: number,
      change: (line: string, number: number) => string = (line) => line,
    ): void {
      const lines = Array.from({ length: count }, (_, index) =>
        change(JSON.stringify(person(index + 1)), index + 1),
      );
      writeFileSync(setting.file, `${lines.join('\n')}\n`);
    },

    /** Runs the import. */
    load(args: readonly string[] = [], cli: CliSetting = {}): Promise<CliRun> {
      const { file } = setting;
      const url = setting.service.url;
      return runCommand(['users', 'create', '--file', file, '--url', url, ...args], cli);
    },

    /** Interrupts an import when the service has registered this many people. */
    async interruptedAfter(count: number, args: readonly string[] = []): Promise<CliRun> {
      const controller = new AbortController();
      beforeAnswer = ({ users }) => {
        if (users.size >= count) controller.abort();
      };
      const run = await setting.load(args, { signal: controller.signal });
      beforeAnswer = undefined;
      return run;
    },

    progressFile: (): string => `${setting.file}.progress`,
    readProgress: (): Record<string, unknown> =>
      JSON.parse(readFileSync(setting.progressFile(), 'utf8')),

    /** Writes the progress file that a run leaves when it is killed between two writes. */
    leaveProgress(change: Record<string, unknown> = {}): void {
      const progress = {
        format: 1,
        sha256: createHash('sha256').update(readFileSync(setting.file)).digest('hex'),
        target: setting.service.url,
        next_line: 1,
        done_ranges: [],
        sent_up_to: 1_000,
        created: 0,
        already_there: 0,
        refused: 0,
        ...change,
      };
      writeFileSync(setting.progressFile(), JSON.stringify(progress));
    },
  };

  beforeEach(() => {
    directory = createTemporaryDirectory('cli');
    setting.file = join(directory.path, 'people.ndjson');
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    beforeAnswer = undefined;
    await directory.remove();
  });
  return setting;
}
