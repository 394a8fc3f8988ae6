import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { type CliIo, CommandFailure, EXIT, UsageError } from './io.ts';

/** What the program can render. */
export interface MailPreviews {
  readonly kinds: readonly { readonly kind: string; readonly locales: readonly string[] }[];
  /** @param locale null for the default locale */
  render(kind: string, locale: string | null): Promise<MailPreview>;
}

export interface MailPreview {
  /** The locale of the templates that were used. */
  readonly locale: string;
  readonly html: string;
  readonly text: string;
  /** The whole message (RFC 5322). */
  readonly eml: Uint8Array;
}

export interface MailPreviewOptions {
  readonly locale?: string;
  /** A folder, or a file whose name ends in .html, .txt or .eml. */
  readonly out?: string;
  readonly json?: boolean;
}

interface Deps {
  readonly io: Pick<CliIo, 'stdout' | 'stderr'>;
  readonly cwd: string;
  readonly openMailPreviews: () => Promise<MailPreviews>;
}

const PARTS = { '.html': 'html', '.txt': 'text', '.eml': 'eml' } as const;

/**
 * Runs `mail preview [KIND]`: writes a mail with made-up values into files, or lists the kinds and their locales.
 * @returns the exit code
 * @throws UsageError, CommandFailure
 */
export async function runMailPreview(
  kind: string | undefined,
  options: MailPreviewOptions,
  { io, cwd, openMailPreviews }: Deps,
): Promise<number> {
  const locale = canonicalLocale(options.locale);
  const previews = await openMailPreviews();
  if (kind === undefined) {
    for (const item of previews.kinds) {
      io.stdout(
        options.json === true ? JSON.stringify(item) : `${item.kind}: ${item.locales.join(', ')}`,
      );
    }
    return EXIT.done;
  }
  if (!previews.kinds.some((item) => item.kind === kind)) {
    const known = previews.kinds.map((item) => item.kind).join(', ');
    throw new UsageError(`There is no such kind of mail. Kinds: ${known}.`);
  }
  const mail = await previews.render(kind, locale);
  if (locale !== null && mail.locale !== locale) {
    io.stderr(`There are no templates for ${locale}: the mail is in ${mail.locale}.`);
  }
  const files = filesOf(resolve(cwd, options.out ?? '.'), kind, mail);
  try {
    for (const { path, content } of files) {
      await mkdir(resolve(path, '..'), { recursive: true });
      await writeFile(path, content);
    }
  } catch (error) {
    throw new CommandFailure(`The file cannot be written: ${(error as Error).message}.`);
  }
  for (const { path } of files) {
    io.stdout(options.json === true ? JSON.stringify({ file: path }) : `wrote ${path}`);
  }
  return EXIT.done;
}

function filesOf(out: string, kind: string, mail: MailPreview) {
  const part = PARTS[extname(out) as keyof typeof PARTS];
  if (part !== undefined) return [{ path: out, content: mail[part] }];
  return Object.entries(PARTS).map(([ending, name]) => ({
    path: join(out, `${kind}.${mail.locale}${ending}`),
    content: mail[name],
  }));
}

function canonicalLocale(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    throw new UsageError('--locale takes a BCP 47 tag such as de or pt-BR.');
  }
}
