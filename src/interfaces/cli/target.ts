import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isLoopback, readServiceUrl } from './http-client.ts';
import { CommandFailure, UsageError } from './io.ts';

/** The service that a command uses: the one at a URL, else the local one. */
export interface Target {
  readonly url?: string;
  readonly key?: string;
  /** With the embedded database, fail unless a service runs: do not open the data in this process. */
  readonly mustRun?: boolean;
  /** Open the data also if the master key does not open the signing keys. */
  readonly toleratesLostMasterKey?: boolean;
}

/** The values of `--url` and `--key-file`. */
export interface TargetOptions {
  readonly url?: string;
  readonly keyFile?: string;
}

/** The first start with the embedded database writes its key to this file. */
const DEFAULT_KEY_FILE = './data/service-key';
const SERVICE_KEY = /^usk_[A-Za-z0-9_-]{16,200}$/;

/** Adds `--url` and `--key-file` to a command. */
export function addTargetOptions(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'base URL of a service (default: the local service, over its control socket or in this process)',
    )
    .option(
      '--key-file <file>',
      `file with a service key for --url (default: ${DEFAULT_KEY_FILE} if it exists and the URL is on this machine)`,
    );
}

/**
 * Reads the target and its key from the options. The local key is sent to another machine only if `--key-file` names it.
 * @throws UsageError, CommandFailure; neither shows the key
 */
export async function readTarget(
  options: TargetOptions,
  deps: { readonly cwd: string; warn(line: string): void },
): Promise<Target> {
  if (options.url === undefined) {
    if (options.keyFile !== undefined) {
      throw new UsageError('--key-file needs --url: the local service needs no key.');
    }
    return {};
  }
  const url = readServiceUrl(options.url);
  const local = isLoopback(url);
  const key =
    options.keyFile === undefined
      ? local
        ? await readKey(resolve(deps.cwd, DEFAULT_KEY_FILE), { optional: true })
        : undefined
      : await readKey(resolve(deps.cwd, options.keyFile), { optional: false });
  if (!local && url.protocol === 'http:') {
    deps.warn('warning: http:// sends passwords and the key to another machine unencrypted');
  }
  return { url: options.url, ...(key === undefined ? {} : { key }) };
}

async function readKey(
  path: string,
  { optional }: { optional: boolean },
): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' && optional) return undefined;
    throw new CommandFailure(`Cannot read the key file ${path} (${String(code)}).`);
  }
  const key = text.trim();
  if (!SERVICE_KEY.test(key)) {
    throw new CommandFailure(`${path} does not contain a service key (usk_…).`);
  }
  return key;
}
