import { describe, expect, it } from 'vitest';
import { messageOptions, parseMailbox } from './mail-message.ts';

const from = { name: '', address: 'us@example.com' };
const mail = { to: 'ada@example.com', subject: 'Hello', text: 'Text.' };

describe('message options', () => {
  it.each(['ann@[192.0.2.1]', '"ann,eve@example.com"@example.com', 'root@localhost'])(
    'accept the recipient %j as one address',
    async (to) => {
      const { createTransport } = await import('nodemailer');
      const options = messageOptions(from, { ...mail, to });
      const sent = await createTransport({ streamTransport: true, buffer: true }).sendMail(options);
      expect(sent.envelope).toEqual({ from: 'us@example.com', to: [to] });
      expect(String(sent.message)).toMatch(/^To: /m);
    },
  );

  it('have the same addresses in envelope and headers', () => {
    const { envelope, to } = messageOptions(from, mail);
    expect(envelope).toEqual({ from: 'us@example.com', to: ['ada@example.com'] });
    expect(to).toEqual({ name: '', address: 'ada@example.com' });
  });

  it.each([
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com\r\nBcc: eve@example.com',
    '"ada eve"@example.com',
    '"ada\r\nBcc: eve"@example.com',
    '"<eve@example.com>"@example.com',
    '"ada",eve@example.com',
    'ada(comment)@example.com',
    'group: ada@example.com',
    'ada@eve@example.com',
    'ada@exämple.com',
    '',
    'ada',
    `${'a'.repeat(250)}@example.com`,
  ])('refuse the recipient %j with an error that does not repeat it', (to) => {
    expect(() => messageOptions(from, { ...mail, to })).toThrow(
      /^the recipient of a mail is not a plain/,
    );
  });

  it.each(['a\nb', 'a\rb', 'a\0b', 'a\u0085b', 'a\u2028b', 'a\u007fb', 'x'.repeat(201)])(
    'refuse the subject %j',
    (subject) => {
      expect(() => messageOptions(from, { ...mail, subject })).toThrow(/subject/);
    },
  );

  it.each(['a', 'a@b\r\nX: y', '<a@b>', 'a@b c', '../a@b'])(
    'refuse the Message-ID %j',
    (messageId) => {
      expect(() => messageOptions(from, { ...mail, messageId })).toThrow(/Message-ID/);
    },
  );
});

describe('a mailbox', () => {
  it.each([
    ['us@example.com', '', 'us@example.com'],
    ['Accounts <us@example.com>', 'Accounts', 'us@example.com'],
    ['"Acme, Inc." <us@example.com>', 'Acme, Inc.', 'us@example.com'],
    ['<us@example.com>', '', 'us@example.com'],
  ])('is read from %j', (text, name, address) => {
    expect(parseMailbox(text)).toEqual({ name, address });
  });

  it.each(['Accounts\r\nX: y <us@example.com>', 'nobody', 'a <b>', ''])(
    'is not read from %j',
    (text) => {
      expect(() => parseMailbox(text)).toThrow();
    },
  );
});
