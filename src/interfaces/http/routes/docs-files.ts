import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The files of Swagger UI that `/docs` needs, by name and extension. */
export const DOCS_FILES = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'index.css',
  'favicon-32x32.png',
] as const;

/** Finds a file of `DOCS_FILES`. The build copies them beside this module; the sources read them from the package. */
export function locateDocsFile(name: string): URL | string {
  const built = new URL(`./swagger-ui/${name}`, import.meta.url);
  return existsSync(built)
    ? built
    : createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`);
}
