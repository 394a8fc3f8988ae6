import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMailKind, MAIL_KINDS, type MailKind } from '../../domain/mail.ts';
import type { MailOverrides } from './mail-renderer.ts';
import {
  findTemplateFaults,
  MAIL_PARTS,
  type MailPart,
  TEMPLATE_MAX_LENGTH,
} from './mail-template.ts';

/** What a folder holds. Use the templates only if there is no fault. */
interface ReadOverrides {
  readonly templates: MailOverrides;
  /** A clause for each error, which names the file and the placeholder. */
  readonly faults: readonly string[];
}

/** Beyond this number of files the folder is not read: nine kinds in fifty languages are 1,350. */
const MAX_FILES = 2_000;
const MAX_FAULTS = 50;
const FILE_NAME = /^(?<kind>[a-z_]+)\.(?<locale>[A-Za-z0-9-]+)\.(?<part>subject\.txt|html|txt)$/;

/**
 * Reads a team's own templates, `<kind>.<locale>.{subject.txt,html,txt}`, and checks each. Names that begin with a dot
 * are ignored, as a mounted volume has them.
 * @throws the error of the file system when the folder cannot be read
 */
export async function readMailOverrides(folder: string): Promise<ReadOverrides> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  if (names.length > MAX_FILES) {
    return { templates: new Map(), faults: [`holds more than ${MAX_FILES} files`] };
  }
  const templates = new Map<MailKind, Map<string, Partial<Record<MailPart, string>>>>();
  const faults: string[] = [];
  for (const name of names) {
    const file = parseName(name);
    if (typeof file === 'string') {
      faults.push(`holds ${name}: ${file}`);
      continue;
    }
    const { kind, locale, part } = file;
    const read = await readTemplate(join(folder, name));
    const wrong = 'text' in read ? findTemplateFaults(kind, part, read.text) : [read.wrong];
    faults.push(...wrong.map((fault) => `holds ${name}: ${fault}`));
    const locales = templates.get(kind) ?? new Map();
    templates.set(kind, locales);
    locales.set(locale, { ...locales.get(locale), [part]: 'text' in read ? read.text : '' });
  }
  for (const [kind, locales] of templates) {
    for (const [locale, template] of locales) {
      const missing = MAIL_PARTS.filter((part) => template[part] === undefined);
      const files = missing.map((part) => `${kind}.${locale}.${part}`).join(' and ');
      if (files !== '') faults.push(`lacks ${files}: a template has all three parts`);
    }
  }
  return { templates: templates as MailOverrides, faults: faults.slice(0, MAX_FAULTS) };
}

/** @returns what is wrong for a name that is no template's */
function parseName(name: string) {
  const groups = FILE_NAME.exec(name)?.groups;
  if (groups === undefined) {
    return 'its name is not <kind>.<locale>.subject.txt, .html or .txt';
  }
  const { kind = '', locale = '', part } = groups;
  if (!isMailKind(kind)) {
    return `there is no kind ${kind}. Kinds: ${Object.keys(MAIL_KINDS).join(', ')}`;
  }
  const canonical = canonicalTag(locale);
  if (canonical === undefined) return `${locale} is not a BCP 47 tag such as de or pt-BR`;
  if (canonical !== locale) return `write the locale as ${canonical}`;
  return { kind, locale, part: part as MailPart };
}

function canonicalTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

async function readTemplate(path: string): Promise<{ text: string } | { wrong: string }> {
  try {
    const { size } = await stat(path);
    // A character has at most 4 bytes.
    if (size > 4 * TEMPLATE_MAX_LENGTH) return { wrong: 'It is too large.' };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return { text };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      wrong: error instanceof TypeError ? 'It is not UTF-8.' : `It cannot be read (${code}).`,
    };
  }
}
