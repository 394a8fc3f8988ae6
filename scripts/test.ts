// `npm test`: the checks, then every suite, then the unit and contract suites on Node 24. With arguments
// (`npm test -- test/http`) it runs only vitest, with these arguments.
import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { node24 } from './lib/server-binaries.mjs';
import { runSteps, type Step, vitestStep } from './lib/steps.ts';

const runningMajor = Number(process.versions.node.split('.')[0]);

process.exitCode = await main(process.argv.slice(2));

async function main(extra: readonly string[]): Promise<number> {
  const steps = extra.length > 0 ? [vitestStep('tests', extra)] : everything();
  if (steps === undefined) {
    console.error(`Node 24 is not at ${node24.binary}: run \`npm run setup:servers\` first`);
    return 1;
  }
  return (await runSteps(steps)) ? 0 : 1;
}

/** All steps; undefined if Node 24 is missing, which is reported before the first step. */
function everything(): Step[] | undefined {
  const steps = [
    { title: 'checks', command: 'npm', args: ['run', '--silent', 'check'] },
    vitestStep(`all suites on Node ${process.versions.node}`, []),
  ];
  if (runningMajor === 24) return steps;
  if (!existsSync(node24.binary)) return undefined;
  const path = [dirname(node24.binary), process.env.PATH].join(delimiter);
  return [
    ...steps,
    {
      ...vitestStep('unit and contract suites on Node 24', [
        '--project=unit',
        '--project=contract',
      ]),
      command: node24.binary,
      env: { ...process.env, PATH: path },
    },
  ];
}
