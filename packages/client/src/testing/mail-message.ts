/** A mail that the service sent. */
export interface TestMail {
  readonly to: string;
  readonly subject: string;
  /** The text part. */
  readonly text: string;
  /** The links of the text part, in order. */
  readonly links: readonly string[];
}

/** @param raw a message of the service, one character per byte (latin1) */
export function parseMail(raw: string): TestMail {
  const whole = parsePart(raw);
  const [, boundary] = /boundary="?([^";]+)/.exec(whole.header('content-type')) ?? [];
  const parts =
    boundary === undefined
      ? [whole]
      : raw
          .split(`--${boundary}`)
          .slice(1, -1)
          .map((part) => parsePart(part.slice('\r\n'.length)));
  const plain = parts.find((part) => part.header('content-type').startsWith('text/plain'));
  const text = plain?.text() ?? '';
  const [, address] = /<([^<>]+)>/.exec(whole.header('to')) ?? [];
  return {
    to: address ?? whole.header('to'),
    subject: decodeWords(whole.header('subject')),
    text,
    links: text.match(/https?:\/\/\S+/g) ?? [],
  };
}

interface Part {
  /** Empty without the header. */
  header(name: string): string;
  text(): string;
}

function parsePart(raw: string): Part {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const header = (name: string): string =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  return {
    header,
    text() {
      const encoding = header('content-transfer-encoding').toLowerCase();
      return decodeBody(raw.slice(end + '\r\n\r\n'.length), encoding)
        .replaceAll('\r\n', '\n')
        .replace(/\n+$/, '');
    },
  };
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  const bytes = encoding === 'quoted-printable' ? unquote(body.replaceAll('=\r\n', '')) : body;
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Encoded words (RFC 2047). The bytes of a character may lie in two words, so words that touch are decoded as one. */
function decodeWords(text: string): string {
  return text.replace(/=\?utf-8\?[qb]\?[^?]*\?=(?:\s+=\?utf-8\?[qb]\?[^?]*\?=)*/gi, (run) =>
    Buffer.concat(
      [...run.matchAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi)].map(([, kind, word = '']) =>
        kind?.toLowerCase() === 'b'
          ? Buffer.from(word, 'base64')
          : Buffer.from(unquote(word.replaceAll('_', ' ')), 'latin1'),
      ),
    ).toString('utf8'),
  );
}

function unquote(text: string): string {
  return text.replace(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
