import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CheckResult, type CompiledModel, compileModel } from './model-checker.ts';
import { models, type Search } from './models.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');
const pathOf = (name: string): string => `models/${name}.pml`;

describe.each(models)('$name', ({ name, code, searches, mutants }) => {
  const source = read(pathOf(name));
  const rules = new Map(
    [...source.matchAll(/^#define ([A-Z_]+) \(mutant == (\d+)\)$/gm)].map(
      ([, mutant = '', number]) => [mutant, Number(number)],
    ),
  );

  // Compiled once for the search and the mutants: a compiler takes longer than most searches.
  let main: CompiledModel;
  beforeAll(async () => {
    main = await compileModel(root + pathOf(name), searches[0].defines);
  });
  afterAll(() => main?.remove());

  test('has no error, all states visited', async () => {
    expectNoError(await main.search(0), searches[0]);
  });

  test.each(searches.slice(1))('has no error, all states visited: $defines', async (search) => {
    const model = await compileModel(root + pathOf(name), search.defines);
    expectNoError(await model.search(0).finally(model.remove), search);
  });

  test('fails as each of its mutants', async () => {
    expect([...rules.keys()]).toEqual(mutants);
    const passed: string[] = [];
    for (const [mutant, number] of rules) {
      const { error } = await main.search(number);
      if (!/^(assertion violated|invalid end state)/.test(error ?? '')) passed.push(mutant);
    }
    expect(passed).toEqual([]);
  });

  test.each(code)('names %s, which names the model', (path) => {
    expect(source).toContain(basename(path));
    expect(read(path)).toContain(pathOf(name));
  });
});

function expectNoError({ error, isComplete, states }: CheckResult, { minStates }: Search): void {
  expect(error).toBeNull();
  expect(isComplete).toBe(true);
  // Fewer would say that a change of the model has cut off most of what can happen.
  expect(states).toBeGreaterThan(minStates);
}

test('every model is checked and described', () => {
  const files = readdirSync(`${root}models`).filter((file) => file.endsWith('.pml'));
  expect(files.sort()).toEqual(models.map(({ name }) => `${name}.pml`).sort());
  const page = read('docs/how-and-why/models.md');
  for (const { name } of models) expect(page).toContain(`models/${name}.pml`);
});
