// `npm run interop`: runs the programs of docs/use-it/verify-in-other-languages.md on the conformance vectors. It needs
// the toolchains of the languages and a network for their modules, so it is no part of `npm test`. It also runs the
// configuration for nginx of docs/use-it/protect-your-service.md. `npm run interop -- go` runs one of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followWith, withFeed, withStream } from './interop/follow.ts';
import { checkNginx } from './interop/nginx.ts';
import { LANGUAGES, type Language, missingProgram, unnamedModules } from './interop/programs.ts';
import { compareVerdicts, readVectors, withoutEdDsa, writeVectors } from './interop/vectors.ts';

const names = process.argv.slice(2);
const known: readonly string[] = [...LANGUAGES.map(({ name }) => name), 'nginx'];
const unknown = names.filter((name) => !known.includes(name));
const isChosen = (name: string): boolean => names.length === 0 || names.includes(name);
let failed = unknown.length > 0;
if (failed) console.error(`there is no ${unknown.join(', ')}, but ${known.join(', ')}`);
for (const language of LANGUAGES.filter(({ name }) => isChosen(name))) {
  failed = !(await check(language)) || failed;
}
if (isChosen('nginx')) failed = !(await checkGateway()) || failed;
process.exitCode = failed ? 1 : 0;

async function checkGateway(): Promise<boolean> {
  const faults = await checkNginx().catch((error: unknown) => [String(error)]);
  if (faults === null) {
    console.warn('NOT CHECKED nginx: nginx is not installed');
    return true;
  }
  console.log(`${faults.length === 0 ? 'ok    ' : 'FAILED'} nginx: auth_request with its verifier`);
  for (const fault of faults) console.log(`       ${fault}`);
  return faults.length === 0;
}

/** @returns false when a verdict differs, or the programs do not run */
async function check(language: Language): Promise<boolean> {
  const { name, knowsEdDsa } = language;
  const missing = missingProgram(language);
  if (missing !== undefined) {
    console.warn(`NOT CHECKED ${name}: ${missing} is not installed`);
    return true;
  }
  const unnamed = unnamedModules(language);
  if (unnamed.length > 0) {
    console.error(`FAILED ${name}: the page does not name ${unnamed.join(', ')}`);
    return false;
  }
  const folder = mkdtempSync(join(tmpdir(), `interop-${name}-`));
  try {
    const vectors = knowsEdDsa ? readVectors() : withoutEdDsa(readVectors());
    const now = [...vectors.values()][0]?.now ?? 0;
    writeVectors(vectors, join(folder, 'vectors'));
    language.build(folder);
    const output = language.run(folder, join(folder, 'vectors'), now);
    const { agreed, accepted, faults: differences } = compareVerdicts(vectors, output);
    const withSession = language.follows === 'feed' ? withFeed : withStream;
    const lost = await withSession((session) =>
      followWith(language.command(folder), folder, session),
    );
    const faults = [...differences, ...lost];
    const title = faults.length === 0 ? 'ok    ' : 'FAILED';
    console.log(
      `${title} ${name}: ${agreed} verdicts as expected, ${differences.length} not; follows the ${language.follows}`,
    );
    for (const fault of faults) console.log(`       ${fault}`);
    if (accepted.length > 0) console.log(`       takes, though strictly: ${accepted.join('; ')}`);
    return faults.length === 0;
  } catch (error) {
    console.error(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
