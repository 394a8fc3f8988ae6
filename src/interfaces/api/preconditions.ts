import type { ExpectedVersions } from '../../application/users/expected-versions.ts';
import { versionRequired } from '../../domain/rejections.ts';
import type { HeaderSpec } from './header-spec.ts';
import { EdgeError } from './problems.ts';

/** One entity tag: weakness mark and opaque text (RFC 9110 §8.8.3). */
const ENTITY_TAG = /(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/.source;
const ENTITY_TAG_LIST = new RegExp(
  `^[ \\t]*${ENTITY_TAG}(?:[ \\t]*,[ \\t]*${ENTITY_TAG})*[ \\t]*$`,
);
/**
 * A version, as the service wrote it or with the mark of a proxy that compresses: Apache and Caddy append `-gzip` or
 * `-br`, Jetty `--gzip`, others `;gzip`.
 */
const VERSION = /^([1-9]\d{0,14})(?:[-;:._+]{1,2}(?:gzip|br|zstd|deflate|compress))?$/i;
const COMPRESSION_MARK = /[-;:._+]{1,2}(?:gzip|br|zstd|deflate|compress)$/i;

export function ifMatchHeader(required: boolean): HeaderSpec {
  return {
    name: 'If-Match',
    required,
    description:
      'One or more `ETag` values. The change is rejected unless the user has one of these versions. `*` accepts any version.',
  };
}

export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Reads `If-Match` (RFC 9110 §13.1.1). A tag that is not a version never matches. A weak tag does, against the strong
 * comparison of the standard: the version is all that it says, and the proxies that make tags weak do not change it.
 * @throws EdgeError `malformed_request`
 */
export function readIfMatch(header: string | undefined): ExpectedVersions {
  if (header === undefined || header.trim() === '*') return 'any';
  return readTags('If-Match', header)
    .map(versionOf)
    .filter((version) => version !== null);
}

/**
 * Like `readIfMatch`, for a route that requires the header (RFC 6585 §3).
 * @throws DomainError `version_required`
 */
export function requireIfMatch(header: string | undefined): ExpectedVersions {
  if (header === undefined) {
    throw versionRequired();
  }
  return readIfMatch(header);
}

/**
 * Whether `If-None-Match` has the version (RFC 9110 §13.1.2, weak comparison). If so, the response is 304.
 * @throws EdgeError `malformed_request`
 */
export function matchesNone(header: string | undefined, version: number): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return readTags('If-None-Match', header).some((text) => versionOf(text) === version);
}

/**
 * Whether `If-None-Match` has the tag, as the service wrote it or with the mark of a proxy that compresses.
 * @throws EdgeError `malformed_request`
 */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return readTags('If-None-Match', header).some(
    (text) => text.replace(COMPRESSION_MARK, '') === tag,
  );
}

function versionOf(tag: string): number | null {
  const digits = VERSION.exec(tag)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The opaque texts of the tags. */
function readTags(name: string, header: string): readonly string[] {
  if (!ENTITY_TAG_LIST.test(header)) {
    throw new EdgeError('malformed_request', `${name} must be * or a list of entity tags.`);
  }
  return [...header.matchAll(new RegExp(ENTITY_TAG, 'g'))].map(([, text = '']) => text);
}
