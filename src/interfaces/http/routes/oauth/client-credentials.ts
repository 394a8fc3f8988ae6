import { OAuthError } from '../../../api/oauth-errors.ts';

/** What a client says about itself; `secret` is null for a client that only names itself. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string | null;
}

/** RFC 7617 §2. The name of the scheme is case-insensitive. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;
const BASIC_SCHEME = /^basic(?: |$)/i;
/** Longest id and secret, in characters: those of this service are shorter. */
const MAX_LENGTH = 512;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the credentials of a client from `Authorization: Basic` or from the form (RFC 6749 §2.3.1). Another scheme is
 * ignored: a client may send an access token by default.
 * @returns null for a client that does not name itself
 * @throws OAuthError `invalid_request` for two methods at once or a secret without an id, `invalid_client` for a header
 *   that cannot be read
 */
export function readClientCredentials(
  authorization: string | undefined,
  form: { readonly client_id?: string; readonly client_secret?: string },
): ClientCredentials | null {
  const { client_id: id, client_secret: secret } = form;
  if (authorization !== undefined && isBasic(authorization)) {
    const basic = readBasic(authorization);
    if (secret !== undefined || (id !== undefined && id !== basic.id)) {
      throw new OAuthError('invalid_request', 'A client must use one method of authentication.');
    }
    return basic;
  }
  if (id === undefined) {
    if (secret === undefined) return null;
    throw new OAuthError('invalid_request', 'client_secret needs client_id.');
  }
  return { id, secret: secret ?? null };
}

export function isBasic(authorization: string | undefined): boolean {
  return authorization !== undefined && BASIC_SCHEME.test(authorization);
}

function readBasic(authorization: string): ClientCredentials {
  const encoded = BASIC.exec(authorization)?.[1] ?? '';
  const text = decode(() => utf8.decode(Buffer.from(encoded, 'base64')));
  const colon = text.indexOf(':');
  const id = colon < 0 ? '' : readFormPart(text.slice(0, colon));
  const secret = readFormPart(text.slice(colon + 1));
  if (id === '' || id.length > MAX_LENGTH || secret.length > MAX_LENGTH) throw unreadable();
  return { id, secret: secret === '' ? null : secret };
}

/** Both parts are encoded as in a form before they are joined. */
function readFormPart(text: string): string {
  return decode(() => decodeURIComponent(text.replaceAll('+', ' ')));
}

function decode(read: () => string): string {
  try {
    return read();
  } catch {
    throw unreadable();
  }
}

function unreadable(): OAuthError {
  return new OAuthError('invalid_client', 'The Authorization header is malformed.');
}
