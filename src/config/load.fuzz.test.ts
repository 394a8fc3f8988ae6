import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../test/support/any-text.ts';
import { type ConfigSetting, loadSetting } from '../../test/support/config-setting.ts';
import { ConfigError } from './config-error.ts';
import { defaultYaml } from './documents/default-yaml.ts';
import { variables } from './environment-source.ts';
import { definitionOf, keys } from './schema.ts';

async function loadsOrReports(setting: ConfigSetting): Promise<void> {
  try {
    await loadSetting(setting);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
  }
}

const yamlText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'server:',
        '  port: ',
        '\n',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '!!int ',
        '? ',
      ),
      fc.constantFrom(
        '"',
        "'",
        '|',
        '>',
        '---\n',
        '...',
        '%YAML 1.1\n',
        '<<: ',
        '\t',
        ': ',
        '#',
        ', ',
      ),
      anyText({ maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('any input', () => {
  it('in the file either loads or is reported', async () => {
    await fc.assert(
      fc.asyncProperty(yamlText, (yaml) => loadsOrReports({ yaml })),
      { numRuns: 1_000 },
    );
  });

  it('in the place of one line of the default file either loads or is reported', async () => {
    const lines = defaultYaml().split('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), yamlText, (index, line) =>
        loadsOrReports({ yaml: lines.with(index, line).join('\n') }),
      ),
      { numRuns: 100 },
    );
  });

  it('in the environment and in flags either loads or is reported', async () => {
    const value = fc.oneof(
      anyText(),
      fc.webUrl(),
      fc.stringMatching(/^(postgres|rediss?|nats):\/\/[a-z:@%/?=&,[\]0-9]*$/),
    );
    const names = fc.constantFrom(...variables.map(({ name }) => name));
    const flags = fc.constantFrom(...keys.map((key) => `--${key}`));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, value), fc.array(fc.tuple(flags, value)), (env, args) =>
        loadsOrReports({ env, args: args.flat() }),
      ),
      { numRuns: 500 },
    );
  });

  it('that is accepted is printed as a text that parses to the same value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), anyText(), (key, text) => {
        const { kind } = definitionOf(key);
        const parsed = kind.parseText(text);
        if (!('value' in parsed) || kind.secret) return;
        expect(kind.parseText(String(kind.format(parsed.value)))).toEqual(parsed);
      }),
      { numRuns: 2_000 },
    );
  });
});
