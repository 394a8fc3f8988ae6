import { definitionOf, type Key, keys } from '../schema.ts';

const HEADER = `# yaml-language-server: $schema=./schema.json
# Every configuration key with its default. Generated: change src/config and run \`npm run generate\`.
# Secrets and keys without a fixed default are commented out. See docs/run-it/configuration.md.
`;

const PLAIN =
  /^(?!(?:true|false|null|yes|no|on|off|~)$)[A-Za-z./][A-Za-z0-9_./-]*$|^[0-9]+(?:ms|s|m|h|d)$/i;

function scalar(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'string') return PLAIN.test(value) ? value : JSON.stringify(value);
  if (!Array.isArray(value)) return String(value);
  return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
}

function entry(key: Key, indent: string): string {
  const { doc, kind, presence, fallback, derivation } = definitionOf(key);
  const name = key.slice(key.lastIndexOf('.') + 1);
  const unset = derivation === undefined ? '' : `; default: ${derivation}`;
  const comment = `${indent}# ${`${doc}${unset}`.replaceAll('`', '')}\n`;
  if (presence === 'default')
    return `${comment}${indent}${name}: ${scalar(kind.format(fallback))}\n`;
  return `${comment}${indent}#${name}:\n`;
}

/** The text of `config/default.yaml`. Loading it changes no value. */
export function defaultYaml(): string {
  const lines: string[] = [HEADER];
  let open: readonly string[] = [];
  for (const key of keys) {
    const sections = key.split('.').slice(0, -1);
    let kept = 0;
    while (kept < sections.length && sections[kept] === open[kept]) kept += 1;
    for (const [depth, name] of sections.entries()) {
      if (depth < kept) continue;
      lines.push(`${depth === 0 ? '\n' : ''}${'  '.repeat(depth)}${name}:\n`);
    }
    open = sections;
    lines.push(entry(key, '  '.repeat(sections.length)));
  }
  return lines.join('');
}
