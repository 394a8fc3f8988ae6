/** Parts of a field's name, in lower case without separators, whose value is never logged. */
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
  'email',
  'phone',
  'connectionstring',
  'databaseurl',
  'firstname',
  'lastname',
  'fullname',
  'sealed',
  'querystring',
] as const;

/** Whole names: too short to look for inside others, or what drivers attach of a statement's values. */
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

/** Names are literals of the code but for what libraries attach; beyond the bound each is looked at anew. */
const MAX_REMEMBERED = 1_024;
const remembered = new Map<string, boolean>();

/** Whether the value of a field with this name must not be logged, whatever its case and separators. */
export function isSensitiveKey(key: string): boolean {
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const plain = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  const sensitive =
    SENSITIVE_NAMES.has(plain) || SENSITIVE_PARTS.some((part) => plain.includes(part));
  if (remembered.size < MAX_REMEMBERED && key.length <= 128) remembered.set(key, sensitive);
  return sensitive;
}
