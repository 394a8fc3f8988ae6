import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseNewPassword } from '../../../src/domain/user/password.ts';
import { loadPasswordBlocklist } from '../../../src/infrastructure/security/password-blocklist.ts';
import { readyText } from '../../../src/interfaces/cli/ready-text.ts';

const root = new URL('../../../', import.meta.url);
const documents = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:md|json|yaml)$/.test(name))
  .map((name) => `docs/${name}`);
const sources = ['README.md', 'CONTRIBUTING.md', 'examples/README.md', ...documents];
const context = {
  policy: { minLength: 8, maxLength: 256 },
  blocklist: loadPasswordBlocklist(),
  words: [],
};

/** Literal passwords of JSON bodies and of assignments; a command or variable in their place is none. */
const LITERALS = [
  /"(?:current_|new_)?password"\s*:\s*"([^"$'<…]{8,})"/g,
  /\b(?:new_)?password=["']?([^"'\s$<…]{8,})/gi,
];
/** Examples in an OpenAPI document are beside the property, not in a body. */
const SCHEMA_EXAMPLES =
  /"(?:current_|new_)?password"\s*:\s*\{[^{}]*"examples"\s*:\s*\[\s*"([^"]+)"/g;

function passwordsIn(text: string): string[] {
  return [...LITERALS, SCHEMA_EXAMPLES].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, password = '']) => password),
  );
}

function isAccepted(password: string): boolean {
  try {
    parseNewPassword(password, context);
    return true;
  } catch {
    return false;
  }
}

test('no document shows a password that a registration accepts: readers would copy it', () => {
  const shown = sources.flatMap((name) =>
    passwordsIn(readFileSync(new URL(name, root), 'utf8')).map((it) => `${name}: ${it}`),
  );
  expect(shown.filter((it) => isAccepted(it.slice(it.indexOf(': ') + 2)))).toEqual([]);
});

test('the ready message registers with a random password', () => {
  const text = readyText({
    url: 'http://127.0.0.1:8080',
    drivers: {},
    serviceKeyFile: null,
    newServiceKey: null,
    newDatabase: null,
    hasUsers: false,
  });
  expect(passwordsIn(text)).toEqual([]);
  expect(text).toContain(`"password":"'"$(node -p "crypto.randomBytes(12).toString('hex')")"'"`);
});

test('passwords are found in bodies, assignments and schema examples', () => {
  const text = `-d '{"email":"a@b.cc","password":"first password"}' PASSWORD='second-password'
    "password": { "type": "string", "examples": ["third password"] } "password": "'"$PASSWORD"'"`;
  expect(passwordsIn(text)).toEqual(['first password', 'second-password', 'third password']);
});
