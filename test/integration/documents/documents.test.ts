import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { generateErrors } from '../../../scripts/generate-errors.ts';
import {
  definitionOf,
  environmentName,
  fileKeyOf,
  isKey,
  isSection,
  keys,
  secretOf,
  topSections,
} from '../../../src/config/schema.ts';
import { FIELD_CODES } from '../../../src/interfaces/api/field-codes.ts';
import { PROBLEMS } from '../../../src/interfaces/api/problem-table.ts';
import type { CliDeps } from '../../../src/interfaces/cli/cli-deps.ts';
import { createProgram } from '../../../src/interfaces/cli/program.ts';
import { operatorRoutes, publicRoutes } from '../../../src/interfaces/http/route-table.ts';
import { fencedBlocks, inlineCode, linkTargets } from '../../support/markdown.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const NOT_OURS = new Set(['node_modules', 'dist', 'data', 'coverage', '.git', '.servers']);

/** Every Markdown file of the project: its path from the root, and its text. */
const documents: readonly (readonly [path: string, text: string])[] = filesBelow(root)
  .filter((path) => path.endsWith('.md'))
  .map((path) => [relative(root, path), readFileSync(path, 'utf8')]);

describe.each(documents)('%s', (path, text) => {
  it('links to nothing that is not there', () => {
    const broken = linkTargets(text).filter((target) => !leadsSomewhere(path, target));
    expect(broken).toEqual([]);
  });

  it('has each section once', () => {
    const headings = [...text.matchAll(/^##? .+$/gm)].map(([heading]) => heading);
    expect(headings).toEqual([...new Set(headings)]);
  });

  it('names no configuration key that does not exist', () => {
    const unknown = codeOf(text)
      .flatMap(configurationNames)
      .filter((name) => !isConfiguration(name));
    expect(unknown).toEqual([]);
  });

  it('shows no command that does not exist', () => {
    const faults = codeOf(text).flatMap(shellLines).flatMap(commandFaults);
    expect(faults).toEqual([]);
  });

  it('names no route that does not exist', () => {
    const unknown = codeOf(text)
      .flatMap(routesIn)
      .filter((name) => !isRoute(name));
    expect(unknown).toEqual([]);
  });

  it('names no place of the machine that it was written on', () => {
    expect(text.match(/(?<![\w.])\/(?:work|root|home|Users|tmp)\/\S*/g)).toBeNull();
  });

  it('has JSON that is JSON', () => {
    for (const block of fencedBlocks(text).filter(({ language }) => language === 'json')) {
      expect(() => JSON.parse(block.text), block.text).not.toThrow();
    }
  });
});

describe('the documents together', () => {
  it('number the decisions without a gap or a double', () => {
    const numbers = documents
      .map(([path]) => /^docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1])
      .filter((number) => number !== undefined)
      .sort();
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')));
  });

  it('are each named once in the index', () => {
    const rows = readFileSync(join(root, 'docs/README.md'), 'utf8').match(/^\| [^-].+ \|$/gm) ?? [];
    const subjects = rows.map((row) => row.split('|')[1]?.trim());
    expect(subjects).toEqual([...new Set(subjects)]);
  });

  it('give every decision its context, decision and consequences', () => {
    for (const [path, text] of documents.filter(([name]) => name.startsWith('docs/decisions/'))) {
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect(headings, path).toEqual(['Context', 'Decision', 'Consequences']);
    }
  });
});

describe('docs/reference/errors.md', () => {
  const text = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8');

  it('is what the generator makes', () => {
    expect(text).toBe(generateErrors());
  });

  it('has one entry for every code that an answer can carry, and no other', () => {
    const entries = [...text.matchAll(/^### `(\w+)`$/gm)].map(([, code]) => code);
    expect(entries).toEqual(Object.keys(PROBLEMS));
  });

  it('has every code that a field can be refused with, and no other', () => {
    const used = new Set(filesBelow(join(root, 'src')).flatMap(fieldCodesOf));
    expect([...used].sort()).toEqual(Object.keys(FIELD_CODES).sort());
    const rows = [...text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, code]) => code);
    expect(rows).toEqual(Object.keys(FIELD_CODES));
  });
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function leadsSomewhere(path: string, target: string): boolean {
  if (/^(?:https?|mailto):/.test(target)) return true;
  const [file = '', fragment] = target.split('#');
  const absolute = file === '' ? join(root, path) : join(root, dirname(path), file);
  // A link out of the repository works on one machine only.
  if (relative(root, absolute).startsWith('..') || !existsSync(absolute)) return false;
  if (fragment === undefined) return true;
  return statSync(absolute).isFile() && anchors(readFileSync(absolute, 'utf8')).has(fragment);
}

/** The anchors that are made of headings: lower case, dashes for blanks, no other punctuation. */
function anchors(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

/** All that is set as code: what stands in backticks, and fenced blocks but sketches and diagrams. */
function codeOf(text: string): string[] {
  const blocks = fencedBlocks(text).filter(({ language }) => language === 'sh');
  return [...inlineCode(text), ...blocks.map((block) => block.text)];
}

const environmentPrefixes = topSections.map((section) => section.toUpperCase()).join('|');
const ENVIRONMENT = new RegExp(`\\b(?:${environmentPrefixes})_[A-Z0-9_]+\\b`, 'g');
const KEY = new RegExp(
  `(?<![\\w/.-])(?:--)?((?:${topSections.join('|')})\\.[a-z][a-z0-9_.]*[a-z0-9])(?![\\w(/])`,
  'g',
);
/** Words that only look like a key: files, members of JavaScript, subjects of NATS. */
const NO_KEY = /^(?:[a-z]+\.(?:key|pem|ts|md|json|yaml|sql|map|log)|tokens\.v1(?:\.[a-z]+)?)$/;

/** Keys and environment variables of ours that the code mentions. */
function configurationNames(code: string): string[] {
  const names = [...code.matchAll(KEY)].map(([, name = '']) => name);
  return [...(code.match(ENVIRONMENT) ?? []), ...names.filter((name) => !NO_KEY.test(name))];
}

const environmentNames = new Set(
  keys.flatMap((key) => {
    const fileKey = fileKeyOf(key);
    return [
      environmentName(key),
      ...definitionOf(key).aliases,
      ...(fileKey === undefined ? [] : [environmentName(fileKey)]),
    ];
  }),
);

function isConfiguration(name: string): boolean {
  if (name === name.toUpperCase()) return environmentNames.has(name);
  return isKey(name) || isSection(name) || secretOf(name) !== undefined;
}

/** Lines of shell, with their continuations. */
function shellLines(code: string): string[] {
  return code.replaceAll(/\\\n\s*/g, ' ').split('\n');
}

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
/** npm's own commands that need no script. */
const NPM_COMMANDS = new Set(['ci', 'install', 'pack', 'publish', 'start', 'test']);

/** The faults of every command of ours in a line: npm scripts, and the program by either of its names. */
function commandFaults(line: string): string[] {
  const npm = [...line.matchAll(/\bnpm (run )?([\w:-]+)/g)].flatMap(([text, run, name = '']) => {
    const known = run === undefined ? NPM_COMMANDS.has(name) : name in packageJson.scripts;
    return known ? [] : [text];
  });
  const ours = [...line.matchAll(/(?:^|[\s(;&|])(?:user-service|npm start --) ([^|;&>)#]*)/g)];
  return [...npm, ...ours.flatMap(([, rest = '']) => argumentFaults(rest))];
}

const program = createProgram(
  {
    version: '0',
    io: { stdout: () => {}, stderr: () => {}, columns: 80 },
  } as unknown as CliDeps,
  () => {},
);

/** The faults of what follows the program's name: unknown commands and unknown flags. */
function argumentFaults(rest: string): string[] {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  let command: Command = program;
  const faults: string[] = [];
  for (const [index, word] of words.entries()) {
    if (word.startsWith('--')) {
      if (!isFlag(command, word)) faults.push(`${rest}: ${word}`);
      continue;
    }
    const sub = command.commands.find((candidate) => candidate.name() === word);
    if (sub !== undefined) command = sub;
    // The words after a command without subcommands are its arguments; after others they have to be commands.
    else if (command.commands.length > 0 && !followsFlag(words, index) && /^[a-z-]+$/.test(word)) {
      faults.push(`${rest}: ${word}`);
    }
  }
  return faults;
}

function followsFlag(words: readonly string[], index: number): boolean {
  return words[index - 1]?.startsWith('--') === true;
}

function isFlag(command: Command, word: string): boolean {
  const [name = ''] = word.split('=');
  if (['--help', '--version', '--config'].includes(name)) return true;
  if (isConfiguration(name.slice(2))) return true;
  return command.options.some(({ long }) => long === name);
}

const routes = [
  ...publicRoutes({ managementSeparate: false, version: '0' }),
  ...operatorRoutes,
].map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/** What is written as `GET /path`, or as the path of a route alone. */
function routesIn(code: string): string[] {
  const withMethod = [...code.matchAll(/\b(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[^\s?"'`]*)/g)];
  const alone = /^\/(?:v1|health|docs|metrics|openapi|\.well-known)\b[^\s?"'`]*$/.exec(code);
  const called = [...code.matchAll(/\$URL(\/[^\s?"'`]*)/g)];
  return [
    ...withMethod.map(([text]) => text),
    ...(alone === null ? [] : [alone[0]]),
    ...called.map(([, path = '']) => path),
  ];
}

function isRoute(name: string): boolean {
  const [first = '', second] = name.split(' ');
  const [method, path] = second === undefined ? [undefined, first] : [first, second];
  const wanted = method === 'HEAD' ? 'GET' : method;
  return routes.some(
    (route) => (wanted === undefined || route.method === wanted) && route.pattern.test(path),
  );
}

const CODE_PLACES = [
  /new InvalidValue\(\s*'(\w+)'/g,
  /\brefused\(\s*'(\w+)'/g,
  /\bcursorError\(\s*'(\w+)'/g,
  /\{\s*(?:field|pointer)[:,] [^}]*?\bcode: '(\w+)'/g,
];

/** The codes of fields that a source file can give. */
function fieldCodesOf(path: string): string[] {
  if (!path.endsWith('.ts') || path.endsWith('.test.ts')) return [];
  const source = readFileSync(path, 'utf8');
  const places = [...CODE_PLACES];
  // Here the codes belong to faults of the schema, one for each of its keywords.
  if (path.endsWith('interfaces/api/validation.ts')) places.push(/\bcode: '(\w+)'/g);
  return places.flatMap((place) => [...source.matchAll(place)].map(([, code = '']) => code));
}
