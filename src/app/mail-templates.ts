import { resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { MailBody, MailKind, MailRenderer } from '../domain/mail.ts';
import { StartError } from './start-error.ts';

type MailConfig = Pick<
  Config['mail'],
  'templatesDir' | 'defaultLocale' | 'productName' | 'supportContact'
>;

/** The first mail loads the renderer and the built-in templates. */
const load = async () => ({
  ...(await import('../infrastructure/mail/mail-renderer.ts')),
  ...(await import('../infrastructure/mail/override-templates.ts')),
});

/** The renderer, loaded when it is used first. */
interface OpenedRenderer extends MailRenderer {
  localeOf(body: MailBody): Promise<string>;
  localesOf(kind: MailKind): Promise<readonly string[]>;
}

/**
 * Reads the templates of `mail.templates_dir` now, and everything else at the first mail.
 * @throws StartError that names each wrong file and placeholder
 */
export async function openMailRenderer(config: MailConfig): Promise<OpenedRenderer> {
  const { templatesDir, defaultLocale, productName, supportContact } = config;
  const faults = await findMailTemplateFaults(config);
  if (faults.length > 0) throw new StartError(`mail.templates_dir ${faults.join('; ')}`);
  const open = async () => {
    const { createMailRenderer, readMailOverrides } = await load();
    const own =
      templatesDir === undefined ? undefined : await readMailOverrides(resolve(templatesDir));
    return createMailRenderer({
      ...{ productName, defaultLocale, supportContact },
      overrides: own?.templates,
    });
  };
  let opened = templatesDir === undefined ? undefined : open();
  await opened;
  const renderer = async () => {
    opened ??= open();
    return await opened;
  };
  return {
    render: async (body) => (await renderer()).render(body),
    localeOf: async (body) => (await renderer()).localeOf(body),
    localesOf: async (kind) => (await renderer()).localesOf(kind),
  };
}

/** What is wrong with a team's own templates, each as a clause after the name of the key. */
export async function findMailTemplateFaults({
  templatesDir,
}: Pick<MailConfig, 'templatesDir'>): Promise<readonly string[]> {
  if (templatesDir === undefined) return [];
  try {
    return (await (await load()).readMailOverrides(resolve(templatesDir))).faults;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return [`names ${templatesDir}, which cannot be read as a folder (${code})`];
  }
}
