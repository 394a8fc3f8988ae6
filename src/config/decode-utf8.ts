const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are not UTF-8; its code is read where errors of `fs` are. */
class NotUtf8 extends Error {
  readonly code = 'ERR_NOT_UTF8';
}

/** The text without its byte order mark. @throws an error with the code `ERR_NOT_UTF8` */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new NotUtf8('the text is not UTF-8');
  }
}
