/** A parsed message (RFC 5322). */
export interface ReadMessage {
  /** By lower-case name; a repeated header has several values, in order. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The decoded subject. */
  readonly subject: string;
  /** The decoded text with LF line ends, without line ends at its end. */
  readonly text: string;
  /** The decoded HTML part, if there is one. */
  readonly html?: string;
}

/** @param raw a message with a text part and at most one HTML part, one character per byte (latin1). */
export function parseMessage(raw: string): ReadMessage {
  const { headers, subject, body } = parsePart(raw);
  const boundary = /^multipart\/alternative; *boundary="?([^";]+)/.exec(
    headers['content-type']?.[0] ?? '',
  )?.[1];
  if (boundary === undefined) return { headers, subject, text: body };
  const parts = raw
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => parsePart(part.slice(2)));
  const bodyOf = (type: string) =>
    parts.find((part) => part.headers['content-type']?.[0]?.startsWith(type))?.body ?? '';
  return { headers, subject, text: bodyOf('text/plain'), html: bodyOf('text/html') };
}

function parsePart(raw: string) {
  const end = raw.indexOf('\r\n\r\n');
  const headers: Record<string, string[]> = {};
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()];
  }
  const encoding = headers['content-transfer-encoding']?.[0] ?? '7bit';
  return {
    headers,
    subject: decodeWords(headers.subject?.[0] ?? ''),
    body: decodeBody(raw.slice(end + 4), encoding.toLowerCase())
      .replaceAll('\r\n', '\n')
      .replace(/\n+$/, ''),
  };
}

/** RFC 2047 §2: white space between encoded words is not part of the text. */
function decodeWords(text: string): string {
  return text
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(/(?:=\?utf-8\?([qb])\?([^?]*)\?=)/gi, (_all, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? `\ue000${word}\ue001`
        : `\ue000${Buffer.from(unquote(word.replaceAll('_', ' ')), 'latin1').toString('base64')}\ue001`,
    )
    .replace(/(?:\ue000[^\ue001]*\ue001)+/g, (run) =>
      Buffer.concat(
        run
          .split('\ue001')
          .filter((part) => part !== '')
          .map((part) => Buffer.from(part.slice(1), 'base64')),
      ).toString('utf8'),
    );
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  const bytes = encoding === 'quoted-printable' ? unquote(body.replaceAll('=\r\n', '')) : body;
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function unquote(text: string): string {
  return text.replace(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
