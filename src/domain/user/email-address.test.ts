import fc from 'fast-check';
import { toASCII } from 'tr46';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { InvalidValue } from '../errors.ts';
import { EMAIL_MAX_BYTES, parseEmailAddress, spellingsOf } from './email-address.ts';
import type { RuleLevel } from './profile-rules.ts';

function rejectionOf(input: string, level: RuleLevel = 'strict'): string {
  try {
    parseEmailAddress(input, level);
  } catch (error) {
    if (error instanceof InvalidValue) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('an e-mail address has one canonical form:', () => {
  test.each([
    ['ann@mail.example', 'ann@mail.example'],
    ['Ann.B@Mail.EXAMPLE', 'ann.b@mail.example'],
    ['ann+tag@mail.example', 'ann+tag@mail.example'],
    ["o'neil!#$%&*/=?^_`{|}~-@mail.example", "o'neil!#$%&*/=?^_`{|}~-@mail.example"],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@r3---sn-a.example', 'ann@r3---sn-a.example'],
    ['ann@AB--cd.example', 'ann@ab--cd.example'],
    ['ann@my_mail.example', 'ann@my_mail.example'],
    ['ann@_spf.bücher.example', 'ann@_spf.xn--bcher-kva.example'],
    ['ann@BÜCHER.example', 'ann@xn--bcher-kva.example'],
    ['ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'],
    ['ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'],
    ['ann@faß.example', 'ann@xn--fa-hia.example'],
    ['ann@mail\u3002example', 'ann@mail.example'],
    ['ann@\uFF4Dail.example', 'ann@mail.example'],
    ['ann@\u212Aelvin.example', 'ann@kelvin.example'],
    ['ann@例え.テスト', 'ann@xn--r8jz45g.xn--zckzah'],
    ['a@b.co', 'a@b.co'],
    [' ann@mail.example ', 'ann@mail.example'],
    ['\r\nann@mail.example', 'ann@mail.example'],
    ['ann@mail.example.', 'ann@mail.example'],
    ['Ann@例え.テスト\u3002 ', 'ann@xn--r8jz45g.xn--zckzah'],
    ['ann@mail.example\uFF0E', 'ann@mail.example'],
    ['\uFEFFann@mail.example\u00A0\n', 'ann@mail.example'],
  ])('%s', (input, canonical) => expect(parseEmailAddress(input, 'strict')).toBe(canonical));

  test('reading the canonical form again changes nothing', () => {
    const anyAddress = fc.oneof(
      fc.emailAddress(),
      fc
        .tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
        .map(([label, tld]) => `ann@${label}.${tld}`),
    );
    fc.assert(
      fc.property(anyAddress, (input) => {
        fc.pre(rejectionOf(input) === 'accepted');
        const canonical = parseEmailAddress(input, 'strict');
        expect(parseEmailAddress(canonical, 'strict')).toBe(canonical);
        expect(parseEmailAddress(input, 'permissive')).toBe(canonical);
        expect(canonical).toMatch(/^[\x21-\x7e]+$/);
        expect(canonical).toBe(canonical.toLowerCase());
        expect(Buffer.byteLength(canonical)).toBeLessThanOrEqual(EMAIL_MAX_BYTES);
      }),
    );
  });
});

test('a domain in ASCII is what UTS 46 makes of it', () => {
  const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
  const part = fc.oneof(
    fc.constantFrom('xn--', 'XN--', '-', '--', '.', 'xn--bcher-kva', 'a'.repeat(60)),
    fc.string({ unit: fc.constantFrom(...'abzABZ019_-.'), maxLength: 12 }),
  );
  const domain = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(domain, (sent) => {
      fc.pre(sent.length < 250 && !sent.endsWith('.'));
      const mapped = toASCII(sent, { checkBidi: true, checkJoiners: true, verifyDNSLength: true });
      const expected = mapped?.split('.').every((each) => label.test(each)) ? mapped : null;
      let parsed: string | null = null;
      if (rejectionOf(`a@${sent}`, 'permissive') === 'accepted') {
        parsed = parseEmailAddress(`a@${sent}`, 'permissive').slice(2);
      }
      expect(parsed).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

describe('an e-mail address is refused', () => {
  test.each([
    ['without a local part', '@mail.example', 'email_invalid'],
    ['without a domain', 'ann@', 'email_invalid'],
    ['without an @', 'ann', 'email_invalid'],
    ['that is empty', '', 'email_invalid'],
    ['that is endless', `ann@${'a.'.repeat(300)}example`, 'email_invalid'],
    [
      'whose local part only folds to ASCII (Kelvin sign)',
      '\u212Aim@mail.example',
      'email_local_part',
    ],
    ['whose local part only folds to ASCII (long s)', 'jo\u017F@mail.example', 'email_local_part'],
    ['whose local part has full-width letters', '\uFF41nn@mail.example', 'email_local_part'],
    ['whose local part has a dotless i', 'm\u0131ke@mail.example', 'email_local_part'],
    ['whose local part has an invisible character', 'an\u200Bn@mail.example', 'email_local_part'],
    ['whose local part is quoted', '"annb"@mail.example', 'email_local_part'],
    ['with a blank before the @', 'ann @mail.example', 'email_white_space'],
    ['with a blank after the @', 'ann@ mail.example', 'email_white_space'],
    ['with a line break inside', 'ann@mail.example\nx', 'email_white_space'],
    ['of white space', ' \n', 'email_invalid'],
    ['with a hidden character before it', '\u200Bann@mail.example', 'email_local_part'],
    ['with two @', 'ann@evil.example@mail.example', 'email_local_part'],
    ['with a leading dot', '.ann@mail.example', 'email_local_part'],
    ['with a double dot', 'a..nn@mail.example', 'email_local_part'],
    ['with a second recipient', 'ann@mail.example,bob@mail.example', 'email_local_part'],
    ['with a lone surrogate', '\uD800@mail.example', 'email_local_part'],
    ['with NUL', 'ann\u0000@mail.example', 'email_local_part'],
    ['with a local part of 65 bytes', `${'a'.repeat(65)}@mail.example`, 'email_too_long'],
    ['with one label', 'ann@localhost', 'email_domain'],
    ['with an IP address', 'ann@127.0.0.1', 'email_domain'],
    ['with an address literal', 'ann@[127.0.0.1]', 'email_domain'],
    ['with an empty label', 'ann@mail..example', 'email_domain'],
    ['with two final dots', 'ann@mail.example..', 'email_domain'],
    ['with a dot for a domain', 'ann@.', 'email_domain'],
    ['with a leading hyphen', 'ann@-mail.example', 'email_domain'],
    ['with an underscore in the last label', 'ann@mail.exa_mple', 'email_domain'],
    ['with a final hyphen', 'ann@mail-.example', 'email_domain'],
    ['with a character that maps to a slash', 'ann@a\uFF0Fb.example', 'email_domain'],
    ['with a label of 64 bytes', `ann@${'a'.repeat(64)}.example`, 'email_domain'],
    ['with a broken A-label', 'ann@xn--a.example', 'email_domain'],
    ['with a joiner out of place', 'ann@\u200Dmail.example', 'email_domain'],
    ['with a bidi override', 'ann@mail\u202E.example', 'email_domain'],
  ])('%s', (_what, input, code) => expect(rejectionOf(input)).toBe(code));

  test('above 254 bytes and not at 254', () => {
    const labels = `${'b'.repeat(63)}.`.repeat(2);
    const local = 'a'.repeat(64);
    const fitting = `${local}@${labels}${'c'.repeat(53)}.example`;
    expect(fitting).toHaveLength(254);
    expect(parseEmailAddress(fitting, 'strict')).toBe(fitting);
    expect(rejectionOf(`${local}@${labels}${'c'.repeat(54)}.example`)).toBe('email_too_long');
  });

  test('counted with its domain as A-labels', () => {
    const label = 'ü'.repeat(50);
    const input = `${'a'.repeat(64)}@${label}.${label}.${label}.${label}.example`;
    expect(input.length).toBeLessThan(EMAIL_MAX_BYTES + 25);
    expect(rejectionOf(input)).not.toBe('accepted');
  });

  test('or accepted, but never answered with anything else', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 80 }), (text) => {
        rejectionOf(text);
        rejectionOf(`ann@${text}`);
        rejectionOf(`${text}@mail.example`);
      }),
    );
  });
});

describe('at the level permissive an e-mail address', () => {
  test.each([
    ['Root@LOCALHOST', 'root@localhost'],
    ['ann@intranet.', 'ann@intranet'],
    ['ann@my_host', 'ann@my_host'],
    ['ann@127.0.0.1', 'ann@127.0.0.1'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['a..b@mail.example', 'a..b@mail.example'],
    ['.ann.@mail.example', '.ann.@mail.example'],
    ['"Ann,B"@mail.example', '"ann,b"@mail.example'],
    ['"ann@home"@mail.example', '"ann@home"@mail.example'],
    ['"a(b)c;d:e[f]"@mail.example', '"a(b)c;d:e[f]"@mail.example'],
    ['"Ann"@mail.example.', 'ann@mail.example'],
    ['"a..b"@mail.example', 'a..b@mail.example'],
    ['ann@bücher', 'ann@xn--bcher-kva'],
  ])('%s has the canonical form %s', (input, canonical) => {
    expect(parseEmailAddress(input, 'permissive')).toBe(canonical);
    expect(parseEmailAddress(canonical, 'permissive')).toBe(canonical);
  });

  test.each([
    ['with a line break in quotes', '"ann\r\nBcc: eve"@mail.example', 'email_white_space'],
    ['with a blank in quotes', '"ann b"@mail.example', 'email_white_space'],
    ['with a NUL in quotes', '"ann\u0000b"@mail.example', 'email_local_part'],
    ['with angle brackets in quotes', '"<eve@evil.example>"@mail.example', 'email_local_part'],
    ['with a quoted pair', '"ann\\"b"@mail.example', 'email_local_part'],
    ['with a quote inside of quotes', '"ann"b"@mail.example', 'email_local_part'],
    ['with empty quotes', '""@mail.example', 'email_local_part'],
    ['with a local part that only folds to ASCII', '\u212Aim@mail.example', 'email_local_part'],
    ['with a quoted local part that is not ASCII', '"jo\u017F"@mail.example', 'email_local_part'],
    ['with two @', 'ann@evil.example@mail.example', 'email_local_part'],
    ['with a second recipient', 'ann@mail.example,bob@mail.example', 'email_local_part'],
    ['with a quoted local part of 65 bytes', `"${'@'.repeat(63)}"@mail.example`, 'email_too_long'],
    ['with a label of 64 bytes', `ann@${'a'.repeat(64)}`, 'email_domain'],
    ['with an empty label', 'ann@mail..example', 'email_domain'],
    ['with a leading hyphen', 'ann@-mail', 'email_domain'],
    ['with an address literal out of range', 'ann@[192.0.2.256]', 'email_domain'],
    ['with an IPv6 literal', 'ann@[IPv6:2001:db8::1]', 'email_domain'],
    ['with a bidi override', 'ann@mail\u202E', 'email_domain'],
  ])('%s is refused', (_what, input, code) => expect(rejectionOf(input, 'permissive')).toBe(code));

  test('has one canonical form for all its spellings, for any text', () => {
    const local = fc.string({ unit: fc.constantFrom(...'aB.+@",;:()[]<>\\ é') });
    const domain = fc.constantFrom('mail.example', 'localhost', 'Mail.Example.', '[192.0.2.1]');
    fc.assert(
      fc.property(local, domain, fc.boolean(), (part, host, quoted) => {
        const input = `${quoted ? `"${part}"` : part}@${host}`;
        fc.pre(rejectionOf(input, 'permissive') === 'accepted');
        const canonical = parseEmailAddress(input, 'permissive');
        expect(canonical).toMatch(/^[\x21-\x7e]+$/);
        expect(canonical).toBe(canonical.toLowerCase());
        for (const spelling of spellingsOf(canonical)) {
          if (rejectionOf(spelling, 'permissive') !== 'accepted') continue;
          expect(parseEmailAddress(spelling, 'permissive')).toBe(canonical);
        }
      }),
    );
  });

  test('is found under the spellings that other programs store', () => {
    expect(spellingsOf(parseEmailAddress('ann@mail.example', 'strict'))).toEqual([
      'ann@mail.example',
      'ann@mail.example.',
      '"ann"@mail.example',
      '"ann"@mail.example.',
    ]);
  });
});
