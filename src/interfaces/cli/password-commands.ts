import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, wholeNumber } from './help.ts';
import { type CalibrateOptions, runCalibrate } from './password-calibrate.ts';

const DEFAULT_TARGET_MS = 100;
const MAX_TARGET_MS = 10_000;
const MAX_MEMORY_MIB = 1_048_576;

/** Adds `password calibrate`. */
export function addPasswordCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(program.command('password').description('set up password hashing'), {
    examples: [['user-service password calibrate', 'parameters for this machine']],
    exit: ['done', 'failed'],
  });
  documented(
    group
      .command('calibrate')
      .description('measure Argon2id on this machine and propose its parameters')
      .option(
        '--target <ms>',
        `longest time of one hash while all slots are busy (default: ${DEFAULT_TARGET_MS})`,
        wholeNumber(1, MAX_TARGET_MS),
      )
      .option(
        '--memory <MiB>',
        'memory that all slots may use together (default: a quarter of the memory)',
        wholeNumber(1, MAX_MEMORY_MIB),
      )
      .option(...JSON_FLAG)
      .action(async ({ target = DEFAULT_TARGET_MS, ...options }: Partial<CalibrateOptions>) =>
        setExit(await runCalibrate(await deps.hashingCapacity(), { ...options, target }, deps.io)),
      ),
    {
      notes: [
        'It measures with as many hashes at once as password.hashing_slots allows, for a few seconds. ' +
          'Run it on an idle machine of the kind that will run the service. It changes nothing.',
      ],
      examples: [
        ['user-service password calibrate --target 250', 'with a quarter of a second for a hash'],
        ['user-service password calibrate --password.hashing_slots 4', 'with four at once'],
      ],
      exit: ['measured', 'the configuration has errors'],
    },
  );
}
