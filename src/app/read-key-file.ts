import { readFileSync } from 'node:fs';
import type { Key } from '../config/schema.ts';
import { StartError } from './start-error.ts';

/** Reads a text file that a key names. @throws StartError with the key when it cannot be read. */
export function readKeyFile(key: Key, path: string): string;
export function readKeyFile(key: Key, path: string | undefined): string | undefined;
export function readKeyFile(key: Key, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`${key}: ${path} cannot be read (${code}).`);
  }
}
