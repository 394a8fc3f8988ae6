import type { IncomingHttpHeaders } from 'node:http';
import { sessionCookieRefused } from '../../domain/rejections.ts';
import type { HeaderSpec } from '../api/header-spec.ts';
import { EdgeError } from '../api/problems.ts';
import type { HttpSettings } from './http-deps.ts';

/**
 * Asks for cookie mode. A form cannot send it, and a script of another origin only after a preflight that names its
 * origin (OWASP Cross-Site Request Forgery Prevention, "Custom request headers").
 */
export const sessionModeHeader: HeaderSpec = {
  name: 'X-User-Service-Session',
  required: false,
  description:
    'For browsers, with `sessions.cookie.enabled`: `cookie` keeps the refresh token in an `HttpOnly` cookie and out of bodies. Requests from other sites are refused.',
};

/** Those of the site of the service, where the cookie belongs. */
const SAME_SITE: ReadonlySet<string> = new Set(['same-origin', 'same-site']);

/** The cookie of a request whose client is in cookie mode. */
export interface SessionCookie {
  /** The refresh token that the browser sent; null without one. */
  readonly token: string | null;
  /** The header that makes the browser hold another refresh token. */
  store(token: string, maxAgeSeconds: number): Readonly<Record<string, string>>;
  /** The header that makes the browser forget it. */
  clear(): Readonly<Record<string, string>>;
}

type Settings = Pick<HttpSettings, 'publicUrl' | 'corsOrigins' | 'sessionCookieName'>;

/**
 * Creates the function that reads the cookie of a request. It returns null for a client that does not ask for cookie
 * mode: a cookie alone means nothing, so no request of another site can use it.
 * @throws DomainError `session_cookie_refused`; EdgeError `malformed_request`
 */
export function createReadSessionCookie(
  settings: Settings,
): (headers: IncomingHttpHeaders) => SessionCookie | null {
  const { origin, protocol } = new URL(settings.publicUrl);
  const isSecure = protocol === 'https:';
  // The prefix makes browsers refuse the cookie from other hosts of the site (RFC 6265bis §4.1.3.2).
  const name = `${isSecure ? '__Host-' : ''}${settings.sessionCookieName}`;
  const attributes = `; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  const write = (value: string, maxAgeSeconds: number) => ({
    'set-cookie': `${name}=${value}; Max-Age=${maxAgeSeconds}${attributes}`,
  });
  const origins = new Set([origin, ...settings.corsOrigins]);

  function assertOwnSite({ 'sec-fetch-site': site, origin: from }: IncomingHttpHeaders): void {
    if (site === 'same-origin') return;
    const isSameSite = site === undefined || SAME_SITE.has(String(site));
    if (isSameSite && (from === undefined || origins.has(from))) return;
    throw sessionCookieRefused('The session cookie is for pages of the same site.');
  }

  return (headers) => {
    const mode = headers['x-user-service-session'];
    if (mode === undefined) return null;
    if (mode !== 'cookie') {
      throw new EdgeError('malformed_request', `${sessionModeHeader.name} must be cookie.`);
    }
    if (settings.sessionCookieName === null) {
      throw sessionCookieRefused('The service has no session cookies.');
    }
    assertOwnSite(headers);
    return {
      token: cookieValue(headers.cookie, name),
      store: write,
      clear: () => write('', 0),
    };
  };
}

/** The value of a cookie (RFC 6265 §5.4); of two with one name, the first one. */
function cookieValue(cookies: string | undefined, name: string): string | null {
  for (const pair of (cookies ?? '').split(';')) {
    const text = pair.trim();
    if (text.startsWith(`${name}=`)) return text.slice(name.length + 1) || null;
  }
  return null;
}
