import { defaultYaml } from '../src/config/documents/default-yaml.ts';
import { jsonSchema } from '../src/config/documents/json-schema.ts';
import { configurationMarkdown } from '../src/config/documents/markdown.ts';

/**
 * The files that are made from the configuration's definition: their content by their path from the
 * root of the repository. Pure: writing them, and comparing them with what is committed, is up to
 * the caller.
 */
export function generateConfigFiles(): Map<string, string> {
  return new Map([
    ['config/default.yaml', defaultYaml()],
    ['config/schema.json', jsonSchema()],
    ['docs/run-it/configuration.md', configurationMarkdown()],
  ]);
}
