import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { threadPoolSize } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { LocalService } from '../interfaces/cli/cli-deps.ts';
import { createHttpClient } from '../interfaces/cli/http-client.ts';
import { createInProcessClient } from '../interfaces/cli/in-process-client.ts';
import { CommandFailure } from '../interfaces/cli/io.ts';
import { localUrl } from '../interfaces/cli/local-url.ts';
import type { OperatorClient } from '../interfaces/cli/operator-client.ts';
import type { Target } from '../interfaces/cli/target.ts';
import { describeStartFailure } from './start-error.ts';

// Commands that ask another machine need neither the database nor the service's own modules.
const findSocket = async (config: Config) =>
  await (await import('./operator-access.ts')).findRunningService(config);

/** The control socket of a service with the embedded database, which knows a port chosen by the system; else the address. */
export async function localService(config: Config): Promise<LocalService> {
  const socketPath = await findSocket(config);
  return socketPath === null
    ? localUrl(config.server)
    : { socketPath, description: describeData(config) };
}

/**
 * Connects to the service at a URL; else to the local one over its control socket, or in this process if none runs.
 * @throws CommandFailure
 */
export async function openOperator(
  target: Target,
  { load, version }: { readonly load: () => Promise<Config>; readonly version: string },
): Promise<OperatorClient> {
  const { url, key } = target;
  if (url !== undefined) return createHttpClient({ url, ...(key === undefined ? {} : { key }) });
  const config = await load();
  const socketPath = await findSocket(config);
  const description = describeData(config);
  if (socketPath !== null) return createHttpClient({ socketPath, description });
  refuseMissingService(target, config);
  return await openInProcess(target, { config, version, description });
}

/** @throws CommandFailure for a command that does not open, or create, the embedded database itself */
function refuseMissingService(target: Target, config: Config): void {
  if (config.database.driver !== 'embedded') return;
  const description = describeData(config);
  if (target.mustRun === true) {
    throw new CommandFailure(
      `No service runs on ${description}. Start it with \`user-service serve\`, or run this command in its folder, as its user.`,
    );
  }
  if (target.toleratesLostMasterKey === true && !existsSync(resolve(config.database.path))) {
    throw new CommandFailure(
      `There is no data under ${config.database.path}. Run this command in the folder of the service, as its user.`,
    );
  }
}

async function openInProcess(
  { toleratesLostMasterKey = false }: Target,
  given: { readonly config: Config; readonly version: string; readonly description: string },
): Promise<OperatorClient> {
  const { config, version, description } = given;
  const { createApp, createLogger } = await import('./app.ts');
  const logger = createLogger({ level: 'error', format: 'json' }, process.stderr);
  const deps = { config, logger, version, threadPoolSize: threadPoolSize() };
  try {
    const app = await createApp({ ...deps, toleratesLostMasterKey });
    return createInProcessClient({
      server: await app.operator(),
      description,
      close: async () => void (await app.stop()),
    });
  } catch (error) {
    throw new CommandFailure(describeStartFailure(error));
  }
}

function describeData({ database }: Config): string {
  return database.driver === 'embedded'
    ? `the data under ${database.path}`
    : `the database ${database.name} on ${database.host}`;
}
