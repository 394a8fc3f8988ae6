import { rootCertificates } from 'node:tls';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { linesOf, loadSetting } from '../../../test/support/config-setting.ts';
import { fileKeyOf, keys } from '../schema.ts';
import { defaultYaml } from './default-yaml.ts';
import { jsonSchema } from './json-schema.ts';
import { configurationMarkdown } from './markdown.ts';

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(jsonSchema()),
);

function accepts(yaml: string): boolean {
  return validate(parse(yaml));
}

describe('the default file', () => {
  it('loads without errors and changes no value', async () => {
    const loaded = await loadSetting({ yaml: defaultYaml() });
    const defaults = await loadSetting({});
    expect(loaded.config).toEqual(defaults.config);
    expect(loaded.warnings).toEqual([]);
  });

  it('names every key', () => {
    const uncommented = defaultYaml().replaceAll(/^( *)#(\w+:)$/gm, '$1$2');
    const found: string[] = [];
    const visit = (node: unknown, prefix: string): void => {
      if (typeof node !== 'object' || node === null || Array.isArray(node)) {
        found.push(prefix);
        return;
      }
      for (const [name, child] of Object.entries(node)) {
        visit(child, prefix === '' ? name : `${prefix}.${name}`);
      }
    };
    visit(parse(uncommented), '');
    expect(found).toEqual([...keys]);
  });

  it('has a comment line before every key', () => {
    const lines = defaultYaml().split('\n');
    for (const [index, line] of lines.entries()) {
      const isSection = line.endsWith(':') && indentation(lines[index + 1]) > indentation(line);
      if (/^ +#?\w+:( .*)?$/.test(line) && !isSection) {
        expect(lines[index - 1]).toMatch(/^ +# \S/);
      }
    }
  });
});

function indentation(line = ''): number {
  return line.search(/\S|$/);
}

describe('the JSON Schema', () => {
  it.each([
    ['the default file', defaultYaml()],
    ['sections and keys without a value', 'server:\nredis:\n  host:\nlogging:\n  level:\n'],
    [
      'secrets and their files',
      'database: {password: a, url_file: b}\nsecurity: {master_key_file: c}\n',
    ],
    ['lists', 'server: {trusted_proxies: [10.0.0.0/8], cors_origins: ["https://a.example"]}\n'],
    ['NATS servers', 'nats: {servers: ["nats://a:1", "tls://[::1]:2", b]}\n'],
  ])('accepts %s, as loading does', async (_name, yaml) => {
    expect(accepts(yaml)).toBe(true);
    const files = {
      '/app/b': 'postgres://h/d',
      '/app/c': 'S4pe5uA+Pgk3kSGFRpgBnUdT3pJd1vK4dFyzb1qTk0A=',
    };
    await expect(loadSetting({ yaml, files })).resolves.toBeDefined();
  });

  it.each([
    ['unknown keys', 'server: {prot: 1}\n'],
    ['unknown sections', 'sever: {port: 1}\n'],
    ['unknown keys at the third level', 'password: {argon2: {memory: 1}}\n'],
    ['numbers out of range', 'server: {port: 65536}\n'],
    ['numbers as text', 'server: {port: "80"}\n'],
    ['malformed durations', 'tokens: {access_ttl: 10 minutes}\n'],
    ['words that are not listed', 'logging: {level: loud}\n'],
    ['numbers as secrets', 'database: {password: 123}\n'],
    ['text for lists', 'server: {trusted_proxies: 10.0.0.0/8}\n'],
    ['credentials in NATS servers', 'nats: {servers: ["nats://u:p@h"]}\n'],
    ['lists for sections', 'server: [1]\n'],
    ['lists for the whole', '- 1\n'],
  ])('refuses %s, as loading does', async (_name, yaml) => {
    expect(accepts(yaml)).toBe(false);
    expect((await linesOf({ yaml })).length).toBeGreaterThan(0);
  });
});

describe('the documentation', () => {
  it('has a row for every key with its names', () => {
    const text = configurationMarkdown();
    for (const key of keys) {
      const variable = key.replaceAll('.', '_').toUpperCase();
      const row = text.split('\n').find((line) => line.startsWith(`| \`${key}\` `));
      expect(row).toContain(`\`${variable}\``);
      expect(row).toContain(`\`--${key}\``);
      expect(row?.includes(`\`${variable}_FILE\``)).toBe(fileKeyOf(key) !== undefined);
      expect(row?.split(/(?<!\\)\|/)).toHaveLength(8);
    }
  });

  it('has an example that loads', async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(configurationMarkdown())?.[1] ?? '';
    const [certificate = ''] = rootCertificates;
    const files = {
      '/etc/ssl/internal-ca.pem': certificate,
      '/run/secrets/database_password': 'a\n',
      '/run/secrets/master_key': 'S4pe5uA+Pgk3kSGFRpgBnUdT3pJd1vK4dFyzb1qTk0A=\n',
    };
    expect(accepts(example)).toBe(true);
    const { config, warnings } = await loadSetting({ yaml: example, files });
    expect(config.database.driver).toBe('postgres');
    expect(warnings).toEqual([]);
  });
});
