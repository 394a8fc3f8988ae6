import { readFile } from 'node:fs/promises';
import { publicPath } from '../public-path.ts';

interface Document {
  readonly info: object;
  readonly paths: Readonly<Record<string, object>>;
  readonly components: { readonly responses: Readonly<Record<string, unknown>> };
}

export interface ServedDocumentSettings {
  readonly version: string;
  readonly publicUrl?: string;
  /** Paths that another server has. */
  readonly withoutPaths: readonly string[];
}

const FILE = new URL('../../../../docs/openapi.json', import.meta.url);

/**
 * Reads the generated document of the package and puts the configured parts in. Generating it would hold up every other
 * request about seven times as long.
 * @returns the document as JSON
 * @throws Error of the file system when the package lacks the file
 */
export async function readServedDocument(settings: ServedDocumentSettings): Promise<string> {
  const { version, publicUrl, withoutPaths } = settings;
  const document: Document = JSON.parse(await readFile(FILE, 'utf8'));
  const paths = Object.fromEntries(
    Object.entries(document.paths).filter(([path]) => !withoutPaths.includes(path)),
  );
  return JSON.stringify({
    ...document,
    info: { ...document.info, version },
    servers: [{ url: (publicUrl && publicPath(publicUrl)) || '/' }],
    paths,
  });
}
