import { readFileSync } from 'node:fs';
import { createConfig, lint } from '@redocly/openapi-core';
import { type RulesetDefinition, Spectral } from '@stoplight/spectral-core';
import { asyncapi, oas } from '@stoplight/spectral-rulesets';

/** Rules of Redocly besides its strict recommended ones. */
const REDOCLY = { extends: ['recommended-strict'] };

/** Rules of Spectral: all that it recommends, except those below. */
const SPECTRAL: RulesetDefinition = {
  // Its types require `extends` of rulesets that extend none.
  extends: [oas, asyncapi] as RulesetDefinition[],
  rules: {
    // It wants a URL and an e-mail address besides the name, and the project has neither.
    'asyncapi-info-contact-properties': 'off',
  },
};

/**
 * Lints an OpenAPI or AsyncAPI document with Redocly and Spectral.
 * @param path absolute path of a JSON or YAML file without references to other files
 * @returns a line for each finding of any severity
 */
export async function lintApiDocument(path: string): Promise<readonly string[]> {
  return [...(await lintWithRedocly(path)), ...(await lintWithSpectral(path))];
}

async function lintWithRedocly(path: string): Promise<readonly string[]> {
  const findings = await lint({ ref: path, config: await createConfig(REDOCLY) });
  return findings.map(
    ({ ruleId, message, location: [place] }) =>
      `redocly ${ruleId} at ${place?.pointer ?? '#/'}: ${message}`,
  );
}

async function lintWithSpectral(path: string): Promise<readonly string[]> {
  const spectral = new Spectral();
  spectral.setRuleset(SPECTRAL);
  const findings = await spectral.run(readFileSync(path, 'utf8'));
  return findings.map(
    ({ code, message, path: place }) => `spectral ${code} at #/${place.join('/')}: ${message}`,
  );
}
