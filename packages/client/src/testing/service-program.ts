import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The file that starts the service: that of the package `user-service`, as the project of the test or else this package
 * finds it.
 * @throws Error when the package is not installed
 */
export function findServiceProgram(cwd: string): string {
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    const path = resolve('user-service/package.json', from);
    if (path === undefined) continue;
    const { bin } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly bin: Readonly<Record<string, string>>;
    };
    return join(dirname(path), bin['user-service'] ?? '');
  }
  throw new Error(
    'startUserService: the package user-service is not installed; install it as a development dependency, or set `program`',
  );
}

function resolve(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
