import { publicDocument } from '../src/interfaces/http/openapi/public-document.ts';
import { readPackageVersion } from './lib/package-version.ts';

/**
 * Makes `docs/openapi.json` from the route declarations that the server mounts. It names no host: the same sources
 * always give the same bytes.
 */
export async function generateOpenApi(): Promise<string> {
  const document = publicDocument({ managementSeparate: false, version: readPackageVersion() });
  return `${JSON.stringify(document, null, 2)}\n`;
}
