import { describe, expect, it } from 'vitest';
import { ALL_MAIL_KINDS, mailBody } from '../../../test/support/mail-bodies.ts';
import { type MailBody, type MailKind, withTimeLeft } from '../../domain/mail.ts';
import { BUILT_IN_LOCALES, builtInTemplate, languageOf } from './built-in-templates.ts';
import { messageOptions } from './mail-message.ts';
import { createMailRenderer, type MailOverrides } from './mail-renderer.ts';
import { findTemplateFaults, MAIL_PARTS } from './mail-template.ts';

const product = { productName: 'Acme & Söhne', supportContact: 'help@acme.example' };
const everyMail = ALL_MAIL_KINDS.flatMap((kind) =>
  BUILT_IN_LOCALES.map((locale) => [kind, locale]),
);

function renderer(overrides?: MailOverrides, defaultLocale = 'en') {
  return createMailRenderer({ ...product, defaultLocale, overrides });
}

function own(kind: MailKind, locale: string, text: string): MailOverrides {
  const template = { 'subject.txt': text, html: `<p>${text}</p>`, txt: text };
  return new Map([[kind, new Map([[locale, template]])]]);
}

describe.each(everyMail as [MailKind, (typeof BUILT_IN_LOCALES)[number]][])(
  'the built-in mail %s in %s',
  (kind, locale) => {
    const body = mailBody(kind, { locale });

    it('uses only what a template of a team may use', () => {
      const template = builtInTemplate(kind, locale);
      for (const part of MAIL_PARTS) {
        expect(findTemplateFaults(kind, part, template[part])).toEqual([]);
      }
    });

    it('shows its values in text and HTML, and the links are intact', async () => {
      const { subject, text, html = '' } = await renderer().render(body);
      const data: Readonly<Record<string, unknown>> = { ...body.data };
      for (const url of [data.url, data.undo_url, data.reset_url]) {
        if (typeof url !== 'string') continue;
        expect(text.split('\n')).toContain(url);
        expect(html).toContain(`href="${url.replaceAll('&', '&amp;')}"`);
      }
      if (typeof data.code === 'string') {
        expect(subject).toContain(data.code);
        expect(text.split('\n', 1)[0]).toContain(data.code);
        expect(html).toContain(`>${data.code}</p>`);
      }
      expect(text).toContain('Acme & Söhne');
      expect(html).toContain('Acme &amp; Söhne');
      expect(text).toContain('help@acme.example');
      expect(html).toContain('href="mailto:help@acme.example"');
      expect(text).toContain('Zoë');
      expect(`${subject}${text}${html}`).not.toMatch(/\{\{|\}\}|<%|%>|undefined|null|NaN/);
      expect(html).not.toMatch(/<(?:img|script|link|iframe|svg)|url\(|@import| src=/i);
    });

    it.each([
      '{{code}}{{#url}}',
      '<script>alert(1)</script>',
      'Ada\r\nBcc: eve@example.com',
      '\u202egnp.elif',
      'https://evil.example',
      'x'.repeat(100_000),
    ])('is the same for the first name %.30s as without one', async (firstName) => {
      const without = await renderer().render(mailBody(kind, { locale, firstName: null }));
      const hostile = await renderer().render(mailBody(kind, { locale, firstName }));
      expect(hostile).toEqual(without);
    });

    it('escapes what the product is called, and keeps it out of other headers', async () => {
      const productName = '<b>"Acme"</b>\r\nBcc: eve@example.com {{code}} \u202e';
      const {
        subject,
        text,
        html = '',
      } = await createMailRenderer({
        ...{ productName, defaultLocale: 'en', supportContact: 'https://acme.example/?a=1&b="2"' },
      }).render(body);
      expect(() =>
        messageOptions(
          { name: '', address: 'us@example.com' },
          { to: 'ada@example.com', subject, text },
        ),
      ).not.toThrow();
      expect(html).not.toContain('<b>');
      expect(html).toContain('&lt;b&gt;&quot;Acme&quot;&lt;/b&gt;');
      expect(html).toContain('href="https://acme.example/?a=1&amp;b=&quot;2&quot;"');
      expect(`${subject}${text}${html}`).not.toMatch(/[\r\u202a-\u202e]/);
      // A value is not parsed again.
      expect(text).toContain('{{code}}');
    });
  },
);

describe('a mail whose code has expired before it was sent', () => {
  it.each(
    BUILT_IN_LOCALES.flatMap((locale) => [
      ['verify_email', locale] as const,
      ['change_email', locale] as const,
    ]),
  )('%s in %s has its link and says nothing of a code', async (kind, locale) => {
    const body = mailBody(kind, { locale });
    const data = { ...body.data, code_expires_at: new Date(0) };
    const late = withTimeLeft({ ...body, data } as MailBody, new Date(1));
    const { subject, text, html = '' } = await renderer().render(late);
    const { url } = body.data as { url: string };
    expect(text.split('\n')).toContain(url);
    expect(html).toContain(`href="${url.replaceAll('&', '&amp;')}"`);
    const { codeLabel, kinds } = languageOf(locale);
    const all = `${subject}${text}${html}`;
    for (const gone of ['042137', codeLabel, kinds[kind].action?.before ?? '?']) {
      expect(all).not.toContain(gone);
    }
    expect(subject).toBe(
      kinds[kind].withoutCode?.subject.replace('{{product_name}}', 'Acme & Söhne'),
    );
    expect(all).not.toMatch(/\{\{|\}\}|<%|%>|undefined|NaN/);
  });

  it('says how long the code is still valid', async () => {
    const body = mailBody('verify_email');
    const data = { ...body.data, code_expires_at: new Date(600_000) };
    const at = (now: number) =>
      renderer().render(withTimeLeft({ ...body, data } as MailBody, new Date(now)));
    expect((await at(5)).text).toContain('It is valid for 10 minutes.');
    expect((await at(480_000)).text).toContain('It is valid for 2 minutes.');
    expect((await at(590_000)).text).not.toContain('042137');
  });

  it('uses a template of the team only if it can hide the code', async () => {
    const late = { ...mailBody('verify_email', { locale: 'en' }) } as MailBody;
    const withoutCode = { ...late, data: { ...late.data, code: '' } } as MailBody;
    const rigid = await renderer(own('verify_email', 'en', 'Code {{code}} {{url}}')).render(
      withoutCode,
    );
    expect(rigid.subject).toBe('Confirm your Acme & Söhne address');
    const flexible = own('verify_email', 'en', '{{#code}}Code {{code}}{{/code}} Own {{url}}');
    expect((await renderer(flexible).render(withoutCode)).subject).toMatch(/^Own http/);
  });
});

describe('rendering a mail', () => {
  it('writes time and duration in words', async () => {
    const changed = await renderer().render(mailBody('password_changed'));
    expect(changed.text).toContain('changed on 5 November 2026, 23:10 UTC.');
    const code = await renderer().render(mailBody('verify_email'));
    expect(code.text).toContain('It is valid for 10 minutes.');
  });

  it.each([
    [90, '90 minutes'],
    [1_440, '24 hours'],
    [4_320, '3 days'],
  ])('says %i minutes as %s', async (expires_in_minutes, said) => {
    const data = { code: '1', url: 'https://a.example', expires_in_minutes };
    const { text } = await renderer().render({ ...mailBody('verify_email'), data } as MailBody);
    expect(text).toContain(`valid for ${said}.`);
  });

  it.each(['Zoë', 'Anne-Marie', 'D’Arcy', "O'Neil", '愛子', 'नीलम'])(
    'greets %s by name',
    async (firstName) => {
      const { text } = await renderer().render(mailBody('password_changed', { firstName }));
      expect(text).toMatch(new RegExp(`^Hello ${firstName},\n`));
    },
  );

  it('offers no way back where there is none', async () => {
    const data = { changed_at: new Date(), undo_url: null };
    const body = { ...mailBody('email_changed_former'), data } as MailBody;
    const { text, html } = await renderer().render(body);
    expect(text).not.toContain('Undo');
    expect(html).not.toContain('Undo');
  });

  it.each([
    ['javascript:alert(1)', /url of a mail is not a link/],
    [`https://a.example/${'x'.repeat(100_000)}`, /url of a mail is too long/],
  ])('refuses the link %.20s', async (url, message) => {
    const data = { code: '1', url, expires_in_minutes: 1 };
    await expect(
      renderer().render({ ...mailBody('verify_email'), data } as MailBody),
    ).rejects.toThrow(message);
  });

  it('refuses a kind of a newer build', async () => {
    const body = { ...mailBody('verify_email'), kind: 'recovery_code_used' } as unknown as MailBody;
    await expect(renderer().render(body)).rejects.toThrow(/does not know/);
  });

  it.each([
    ['pt-BR', 'pt'],
    ['pt', 'pt'],
    ['zh-Hant-TW', 'en'],
    [null, 'en'],
  ])('takes the templates of the longest prefix of %s: %s', async (locale, used) => {
    const overrides = own('password_changed', 'pt', 'Em português');
    const { subject } = await renderer(overrides).render(mailBody('password_changed', { locale }));
    expect(subject === 'Em português').toBe(used === 'pt');
  });

  it('takes the default locale before English', async () => {
    const overrides = own('password_changed', 'it', 'In italiano');
    const italian = renderer(overrides, 'it-CH');
    expect((await italian.render(mailBody('password_changed', { locale: 'xx' }))).text).toBe(
      'In italiano',
    );
    expect((await italian.render(mailBody('invitation'))).text).toMatch(/invited/);
  });

  it('prefers a template of the team to a built-in one', async () => {
    const overrides = own('password_changed', 'en', 'Ours, {{first_name}}: {{product_name}}');
    expect(await renderer(overrides).render(mailBody('password_changed'))).toEqual({
      subject: 'Ours, Zoë: Acme & Söhne',
      text: 'Ours, Zoë: Acme & Söhne',
      html: '<p>Ours, Zoë: Acme &amp; Söhne</p>',
    });
  });
});

describe('checking a template', () => {
  it.each([
    ['{{frist_name}}', '{{frist_name}} is unknown here.'],
    ['{{constructor}}', '{{constructor}} is unknown here.'],
    ['{{first_name.length}}', '{{first_name.length}} is unknown here.'],
    ['{{#a}}{{url}}{{/a}}', '{{a}} is unknown here.'],
    ['{{{url}}}', '{{{url}}} and {{& url}} are not supported'],
    ['{{& url}}', '{{{url}}} and {{& url}} are not supported'],
    ['{{> header}}', '{{> header}} is not supported'],
    ['{{=<% %>=}}<% url %>', 'is not supported'],
    ['{{#url}}', 'Unclosed section "url"'],
    ['{{url', 'Unclosed tag'],
    ['', 'It is empty.'],
    ['x'.repeat(100_001), 'It has more than 100,000 characters.'],
    ['{{url}}'.repeat(501), 'It has more than 500 placeholders.'],
    ['Hello', 'It does not show {{code}} or {{url}}.'],
  ])('refuses %.30s', (text, fault) => {
    const faults = findTemplateFaults('verify_email', 'html', text);
    expect(faults.join(' ')).toContain(fault);
  });

  it.each(['{{first_name}}', 'Two\nlines', 'x'.repeat(201)])(
    'refuses the subject %.20s',
    (text) => {
      expect(findTemplateFaults('password_changed', 'subject.txt', text)).toHaveLength(1);
    },
  );

  it('accepts sections, inverted sections and comments', () => {
    const text =
      '{{! of 2026 }}{{#first_name}}Hi {{first_name}}{{/first_name}}{{^code}}-{{/code}}{{url}}';
    expect(findTemplateFaults('verify_email', 'txt', text)).toEqual([]);
  });
});
