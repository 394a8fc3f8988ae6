import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { MigrationError } from './error.ts';

interface MigrationScript {
  /** False: the steps run one by one outside a transaction, and each of them can run again. */
  readonly transactional: boolean;
  /** At least one; exactly one in a transactional script. */
  readonly steps: readonly string[];
}

/** A numbered pair of files, `NNNNNN_name.{up,down}.sql`. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly up: MigrationScript;
  /** `losesData` names the data that is lost. Such a script runs only when that is allowed explicitly. */
  readonly down: MigrationScript & { readonly losesData?: string };
  /** The oldest build, by its newest migration, that works on a database with this migration. */
  readonly compatibleFrom: number;
  /** SHA-256 of the up file in hexadecimal, with LF line ends. */
  readonly checksum: string;
}

/** The same place relative to this module in the source tree and in the build. */
export const migrationsDirectory = new URL('../postgres/migrations/', import.meta.url);

const FILE_NAME = /^(?<version>\d{6})_(?<name>[a-z][a-z0-9_]*)\.(?<direction>up|down)\.sql$/;
const STEP_SEPARATOR = /^-- step[ \t]*$/m;

/**
 * Reads every migration of a directory, in order.
 * @throws MigrationError `files` that names every faulty file.
 */
export async function loadMigrations(
  directory: URL = migrationsDirectory,
): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql'));
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(new URL(name, directory), 'utf8') })),
  );
  return parseMigrations(files);
}

/**
 * Parses migrations and sorts them. Versions must be 1, 2, 3 … without a gap.
 * @throws MigrationError `files` that names every faulty file.
 */
export function parseMigrations(
  files: readonly { readonly name: string; readonly text: string }[],
): readonly Migration[] {
  const faults: string[] = [];
  const halves = new Map<string, { version: number; name: string; up?: string; down?: string }>();
  for (const file of files) {
    const parts = FILE_NAME.exec(file.name)?.groups;
    if (parts === undefined) {
      faults.push(`${file.name} is not named like 000001_name.up.sql`);
      continue;
    }
    const { version = '', name = '', direction } = parts;
    const key = `${version}_${name}`;
    const pair = halves.get(key) ?? { version: Number(version), name };
    halves.set(key, { ...pair, [direction === 'up' ? 'up' : 'down']: normalized(file.text) });
  }
  const pairs = [...halves.values()].sort((a, b) => a.version - b.version);
  const migrations = pairs.flatMap((pair, index) => {
    if (pair.version !== index + 1) {
      faults.push(
        `${fileStem(pair)} is not number ${index + 1}: versions must have no gap and no duplicate`,
      );
    }
    const { up, down } = pair;
    if (up !== undefined && down !== undefined) return [toMigration({ ...pair, up, down }, faults)];
    faults.push(`${fileStem(pair)} has no ${up === undefined ? 'up' : 'down'} file`);
    return [];
  });
  if (faults.length > 0) {
    throw new MigrationError('files', `The migrations cannot be used: ${faults.join('; ')}.`);
  }
  return migrations;
}

/** The newest version; 0 without migrations. */
export function headOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/** The file name without its ending, such as `000002_create_user_table`. */
export function fileStem(pair: { readonly version: number; readonly name: string }): string {
  return `${String(pair.version).padStart(6, '0')}_${pair.name}`;
}

/** A working copy with other line ends must not look like a changed file. */
function normalized(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function toMigration(
  pair: { version: number; name: string; up: string; down: string },
  faults: string[],
): Migration {
  const stem = fileStem(pair);
  const compatibleFrom = header(pair.up, 'compatible_from') ?? '';
  if (!/^[1-9]\d*$/.test(compatibleFrom) || Number(compatibleFrom) > pair.version) {
    faults.push(
      `${stem}.up.sql needs a line "-- compatible_from: N" with 1 <= N <= ${pair.version}`,
    );
  }
  const losesData = header(pair.down, 'loses_data');
  return {
    version: pair.version,
    name: pair.name,
    up: toScript(pair.up, `${stem}.up.sql`, faults),
    down: {
      ...toScript(pair.down, `${stem}.down.sql`, faults),
      ...(losesData === undefined ? {} : { losesData }),
    },
    compatibleFrom: Number(compatibleFrom),
    checksum: createHash('sha256').update(pair.up).digest('hex'),
  };
}

function toScript(text: string, file: string, faults: string[]): MigrationScript {
  const transaction = header(text, 'transaction');
  if (transaction !== undefined && transaction !== 'none') {
    faults.push(`${file} may say only "-- transaction: none"`);
  }
  const steps = text.split(STEP_SEPARATOR).map((step) => step.trim());
  if (steps.some((step) => step.replaceAll(/^\s*--.*$/gm, '').trim() === '')) {
    faults.push(`${file} has a step without a statement`);
  }
  if (transaction === undefined && steps.length > 1) {
    faults.push(`${file} has steps, which need "-- transaction: none"`);
  }
  return { transactional: transaction === undefined, steps };
}

/** Reads a header: a comment line before the first statement. */
function header(text: string, name: string): string | undefined {
  for (const line of text.split('\n')) {
    if (!line.startsWith('--')) return undefined;
    const [, key, value] = /^-- ([a-z_]+): *(.*?) *$/.exec(line) ?? [];
    if (key === name) return value;
  }
  return undefined;
}
