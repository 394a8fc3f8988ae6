import { generateAsyncApi } from './generate-asyncapi.ts';
import { generateClient } from './generate-client.ts';
import { generateClientEvents } from './generate-client-events.ts';
import { generateConfigFiles } from './generate-config.ts';
import { generateErrors } from './generate-errors.ts';
import { generateOpenApi } from './generate-openapi.ts';
import { generateSql } from './generate-sql.ts';

/** Every committed file that is generated: its path from the root of the repository, and its content. */
export async function generateAll(): Promise<Map<string, string>> {
  return new Map([
    ...(await generateSql()),
    ...(await generateConfigFiles()),
    ...generateClient(),
    ['docs/reference/errors.md', generateErrors()],
    ['docs/asyncapi.yaml', generateAsyncApi()],
    ['docs/openapi.json', await generateOpenApi()],
    ['packages/client/src/generated/events.ts', generateClientEvents()],
  ]);
}
