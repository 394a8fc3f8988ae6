import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isLoopback, readServiceUrl } from './http-client.ts';
import { CommandFailure, UsageError } from './io.ts';

/** Which service a command talks to: the one at a URL, else the local one. */
export interface Target {
  readonly url?: string;
  readonly key?: string;
  /** Embedded data are not opened in this process: a service must run on them. */
  readonly mustRun?: boolean;
}

/** What `--url` and `--key-file` give. */
export interface TargetOptions {
  readonly url?: string;
  readonly keyFile?: string;
}

/** Where the first embedded start leaves its key. */
const DEFAULT_KEY_FILE = './data/service-key';
const SERVICE_KEY = /^usk_[A-Za-z0-9_-]{16,200}$/;

/** Adds `--url` and `--key-file` to a command. */
export function addTargetOptions(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'service to talk to over HTTP (default: the local one, over its control socket or in this process)',
    )
    .option(
      '--key-file <file>',
      `file with a service key for --url (default: ${DEFAULT_KEY_FILE} where it exists and the URL is of this machine)`,
    );
}

/**
 * Reads the target that the options name, with the key. The local key is never sent to another machine unless named.
 * @throws UsageError, CommandFailure; neither shows the key
 */
export async function readTarget(
  options: TargetOptions,
  deps: { readonly cwd: string; warn(line: string): void },
): Promise<Target> {
  if (options.url === undefined) {
    if (options.keyFile !== undefined) {
      throw new UsageError('--key-file is for --url: the local service needs no key.');
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
    deps.warn('warning: http:// to another machine sends passwords and the key unencrypted');
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
  if (!SERVICE_KEY.test(key)) throw new CommandFailure(`${path} holds no service key (usk_…).`);
  return key;
}
