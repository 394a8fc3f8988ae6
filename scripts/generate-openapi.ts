import { publicDocument } from '../src/interfaces/http/route-table.ts';

/**
 * Makes `docs/openapi.json` from the same route declarations that the server mounts. It names no host and no build:
 * the same sources always give the same bytes.
 */
export async function generateOpenApi(): Promise<string> {
  const document = publicDocument({ managementSeparate: false, version: '1' });
  return `${JSON.stringify(document, null, 2)}\n`;
}
