import { PERSONAL_FIELDS } from '../../domain/user/profile-fields.ts';

/**
 * Parts of a field's name, in lower case without separators, whose value is never logged. The personal profile fields
 * come from their table.
 */
const SENSITIVE_PARTS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'authorization',
  'cookie',
  'hash',
  'credential',
  'privatekey',
  'publickeymaterial',
  'masterkey',
  'servicekey',
  'signingkey',
  'encryptionkey',
  'apikey',
  'keymaterial',
  'connectionstring',
  'databaseurl',
  'fullname',
  'sealed',
  'querystring',
  ...PERSONAL_FIELDS.map(plainName),
];

/** Whole names that are too short to search for inside others, or that database drivers use for a statement's values. */
const SENSITIVE_NAMES = new Set([
  'dsn',
  'd',
  'k',
  'jwt',
  'key',
  'pwd',
  'pass',
  'salt',
  'query',
  'body',
  'payload',
  'detail',
  'where',
  'internalquery',
  'parameters',
  'params',
  'values',
  'row',
  'rawheaders',
]);

/** Most names whose verdict is cached. Names are literals of the code, except those that libraries attach. */
const MAX_CACHED_NAMES = 1_024;
const verdicts = new Map<string, boolean>();

/** Whether the value of a field with this name must not be logged. Case and separators of the name do not matter. */
export function isSensitiveKey(key: string): boolean {
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const plain = plainName(key);
  const sensitive =
    SENSITIVE_NAMES.has(plain) || SENSITIVE_PARTS.some((part) => plain.includes(part));
  if (verdicts.size < MAX_CACHED_NAMES && key.length <= 128) verdicts.set(key, sensitive);
  return sensitive;
}

function plainName(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}
