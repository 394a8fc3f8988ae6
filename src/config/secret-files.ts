import type { Values } from './schema.ts';

/** What matters of a file's status. */
export interface FileStatus {
  /** The bits of `stat`. */
  readonly mode: number;
  /** The owner. */
  readonly uid: number;
}

/** The status of a file after links; undefined where it cannot be read. */
export type StatFile = (path: string) => FileStatus | undefined;

/** A file with a secret, and the setting that names it. */
export interface SecretFile {
  readonly path: string;
  readonly source: string;
}

const GROUP_READS = 0o040;
const OTHERS_READ = 0o004;

/**
 * Warns of files with secrets that other accounts of the machine can read. A file of root may be readable by its group,
 * as libpq allows it for keys: that is how a service without rights of its own gets them.
 */
export function secretFileWarnings(files: readonly SecretFile[], statFile: StatFile): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return [...byPath.values()].flatMap(({ path, source }) => {
    const status = statFile(path);
    if (status === undefined) return [];
    const { mode, uid } = status;
    const exposed = mode & (uid === 0 ? OTHERS_READ : GROUP_READS | OTHERS_READ);
    if (exposed === 0) return [];
    const who = exposed & OTHERS_READ ? 'every user of this machine' : 'its group';
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    return [`${source}: ${path} has a secret that ${who} can read (mode ${shown}). Set mode 0600`];
  });
}

/** Files with secrets that keys name by their path, and those beside the embedded data. */
export function namedSecretFiles(values: Values): SecretFile[] {
  const keys = ['nats.creds_file', 'nats.tls_key', 'redis.tls_key', 'tracing.tls_key'] as const;
  const named = keys.flatMap((key): SecretFile[] => {
    const path = values[key];
    return path === undefined ? [] : [{ path, source: key }];
  });
  if (values['database.driver'] !== 'embedded') return named;
  const folder = `${values['database.path']}/..`;
  return [
    ...named,
    ...['master-key', 'service-key'].map((name) => ({
      path: `${folder}/${name}`,
      source: 'database.path',
    })),
  ];
}
