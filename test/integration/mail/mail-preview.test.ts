import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openMailPreviews } from '../../../src/app/mail-preview.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { runMailPreview } from '../../../src/interfaces/cli/mail-preview.ts';
import { ALL_MAIL_KINDS } from '../../support/mail-bodies.ts';
import { parseMessage } from '../../support/mail-message.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

function setUp(env: Readonly<Record<string, string>> = {}) {
  const directory = createTemporaryDirectory('preview');
  onTestFinished(() => directory.remove());
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const deps = {
    io: {
      stdout: (line: string) => stdout.push(line),
      stderr: (line: string) => stderr.push(line),
    },
    cwd: directory.path,
    openMailPreviews: async () => {
      const { config } = await loadConfig({ env, cwd: directory.path });
      return openMailPreviews(config.mail);
    },
  };
  const run = (kind?: string, options: Parameters<typeof runMailPreview>[1] = {}) =>
    runMailPreview(kind, options, deps);
  return { path: directory.path, run, stdout, stderr };
}

describe('mail preview', () => {
  it('lists the kinds and their locales', async () => {
    const { run, stdout } = setUp();
    expect(await run()).toBe(0);
    expect(stdout).toEqual(ALL_MAIL_KINDS.map((kind) => `${kind}: en, de, fr, es, ar`));
  });

  it('writes text, HTML and message of a mail, and names the files', async () => {
    const { path, run, stdout } = setUp({
      MAIL_PRODUCT_NAME: 'Acme',
      MAIL_FROM: 'Acme <a@acme.example>',
    });
    expect(await run('verify_email', { locale: 'DE', out: 'out' })).toBe(0);
    const names = ['html', 'txt', 'eml'].map((ending) => `verify_email.de.${ending}`);
    expect(stdout).toEqual(names.map((name) => `wrote ${join(path, 'out', name)}`));
    expect(readdirSync(join(path, 'out')).sort()).toEqual(names.toSorted());
    const eml = parseMessage(readFileSync(join(path, 'out/verify_email.de.eml'), 'latin1'));
    expect(eml.subject).toBe('042137 ist Ihr Code für Acme');
    expect(eml.headers).toMatchObject({
      from: ['Acme <a@acme.example>'],
      'auto-submitted': ['auto-generated'],
    });
    const read = (name: string) => readFileSync(join(path, 'out', name), 'utf8').trimEnd();
    expect(eml.text).toBe(read('verify_email.de.txt'));
    expect(eml.html).toBe(read('verify_email.de.html'));
  });

  it('writes one file when its name says which part', async () => {
    const { path, run } = setUp();
    await run('invitation', { out: 'one.html' });
    expect(readdirSync(path)).toEqual(['one.html']);
  });

  it("uses the team's own templates, and says when a language is missing", async () => {
    const own = createTemporaryDirectory('own');
    onTestFinished(() => own.remove());
    for (const part of ['subject.txt', 'html', 'txt']) {
      writeFileSync(join(own.path, `invitation.pt.${part}`), 'Convite {{product_name}} {{url}}');
    }
    const { path, run, stderr } = setUp({ MAIL_TEMPLATES_DIR: own.path });
    await run('invitation', { locale: 'pt-BR' });
    expect(stderr).toEqual(['There are no templates for pt-BR: the mail is in pt.']);
    expect(readFileSync(join(path, 'invitation.pt.txt'), 'utf8')).toMatch(
      /^Convite user-service https:/,
    );
  });

  it('refuses a kind, a locale and a place that cannot be used', async () => {
    const { path, run } = setUp();
    await expect(run('welcome')).rejects.toThrow(
      /There is no such kind of mail\. Kinds: verify_email/,
    );
    await expect(run('invitation', { locale: 'de_DE' })).rejects.toThrow(/BCP 47/);
    mkdirSync(join(path, 'taken.html'));
    await expect(run('invitation', { out: 'taken.html' })).rejects.toThrow(/cannot be written/);
  });
});
