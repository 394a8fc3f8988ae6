import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTemporaryDirectory } from '../../../test/support/temp-directory.ts';
import { readMailOverrides } from './override-templates.ts';

const complete = {
  'invitation.pt-BR.subject.txt': 'Convite para {{product_name}}\n',
  'invitation.pt-BR.html': '<a href="{{url}}">{{url}}</a>',
  'invitation.pt-BR.txt': '{{url}}',
};

function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = createTemporaryDirectory('templates');
  onTestFinished(() => directory.remove());
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory.path, name), content);
  }
  return directory.path;
}

async function faultsOf(files: Readonly<Record<string, string | Uint8Array>>) {
  return (await readMailOverrides(folderOf({ ...complete, ...files }))).faults;
}

describe("a team's own mail templates", () => {
  it('are read by kind and locale; hidden files are ignored', async () => {
    const folder = folderOf({ ...complete, '.DS_Store': 'x' });
    mkdirSync(join(folder, '..data'));
    const { templates, faults } = await readMailOverrides(folder);
    expect(faults).toEqual([]);
    expect(templates).toEqual(
      new Map([
        [
          'invitation',
          new Map([
            [
              'pt-BR',
              {
                'subject.txt': complete['invitation.pt-BR.subject.txt'],
                html: complete['invitation.pt-BR.html'],
                txt: complete['invitation.pt-BR.txt'],
              },
            ],
          ]),
        ],
      ]),
    );
  });

  it.each([
    [
      'invitation.pt-BR.html',
      '{{code}}{{url}}',
      /^holds invitation\.pt-BR\.html: \{\{code\}\} is unknown/,
    ],
    ['invitation.pt-BR.txt', '{{{url}}}', /^holds invitation\.pt-BR\.txt: \{\{\{url\}\}\}/],
    [
      'invitation.pt-BR.subject.txt',
      '{{first_name}}',
      /subject\.txt: \{\{first_name\}\} is unknown/,
    ],
    ['invitation.pt-BR.html', 'No link', /It does not show \{\{url\}\}/],
    ['invitation.pt-BR.html', 'x'.repeat(100_001), /100,000 characters/],
    ['invitation.pt-BR.html', 'x'.repeat(400_001), /It is too large/],
    ['invitation.pt-BR.html', Buffer.from([0xff]), /It is not UTF-8/],
    [
      'welcome.de.html',
      'x',
      /^holds welcome\.de\.html: there is no kind welcome\. Kinds: verify_email/,
    ],
    ['invitation.deutsch-.txt', 'x', /deutsch- is not a BCP 47 tag/],
    ['invitation.pt-br.txt', 'x', /write the locale as pt-BR/],
    ['invitation.html', 'x', /its name is not <kind>\.<locale>/],
    ['README.md', 'x', /^holds README\.md: its name is not/],
    [
      'invitation.it.txt',
      '{{url}}',
      /^lacks invitation\.it\.subject\.txt and invitation\.it\.html/,
    ],
  ])('refuse %s with %.20s', async (name, content, fault) => {
    const faults = await faultsOf({ [name]: content });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });

  it('are not read from a folder with too many files', async () => {
    const many = Array.from({ length: 2_001 }, (_, number) => [`invitation.x${number}.txt`, '']);
    expect(await faultsOf(Object.fromEntries(many))).toEqual(['holds more than 2000 files']);
  });

  it('cannot be a file or a folder that is absent', async () => {
    const folder = folderOf(complete);
    await expect(readMailOverrides(join(folder, 'absent'))).rejects.toThrow(/ENOENT/);
    await expect(readMailOverrides(join(folder, 'invitation.pt-BR.txt'))).rejects.toThrow(
      /ENOTDIR/,
    );
  });
});
