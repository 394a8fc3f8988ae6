import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTemporaryDirectory } from './temp-directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles a file with the settings of the repository. A line after `@ts-expect-error` has to be wrong: the compiler
 * finds an error where it is right.
 * @returns what the compiler prints; nothing when all is as the file says
 */
export async function compileTypes(file: string): Promise<string> {
  const directory = createTemporaryDirectory('types');
  const config = join(directory.path, 'tsconfig.json');
  const compilerOptions = {
    ...{ incremental: false, tsBuildInfoFile: null },
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const extended = join(root, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({ extends: extended, compilerOptions, files: [file], include: [] }),
  );
  try {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    return await new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [compiler, '--project', config],
        { cwd: root },
        (error, output) => {
          // Exit codes are numbers; a program that cannot be started has a text.
          if (error !== null && typeof error.code !== 'number') reject(error);
          else resolve(output);
        },
      );
    });
  } finally {
    await directory.remove();
  }
}
