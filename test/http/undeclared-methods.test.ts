import { describe, expect, test } from 'vitest';
import { generateOpenApi } from '../../scripts/generate-openapi.ts';
import { ADA_ID } from './support/fake-use-cases.ts';
import { readOperations } from './support/openapi-operations.ts';
import { createTestServer } from './support/test-server.ts';

const operations = readOperations(JSON.parse(await generateOpenApi())).map(({ method, path }) => ({
  method,
  path,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[a-z_]+\}/g, '[^/]+')}$`),
}));
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;

/** Every method that some operation declares for this URL. One URL can match two paths. */
function declaredFor(url: string): readonly string[] {
  const methods = operations.filter(({ pattern }) => pattern.test(url)).map(({ method }) => method);
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
}

describe.each([...new Set(operations.map(({ path }) => path))])('%s', (path) => {
  test('answers every undeclared method with 405 and the declared ones', async () => {
    const { server } = await createTestServer();
    const url = path.replace(/\{[a-z_]+\}/g, ADA_ID);
    const declared = declaredFor(url);
    const undeclared = METHODS.filter((method) => !declared.includes(method));
    expect(undeclared).not.toHaveLength(0);
    for (const method of undeclared) {
      const answer = await server.inject({ method: method as 'TRACE', url });
      expect(answer.statusCode, method).toBe(405);
      // A response to HEAD has no body.
      if (method !== 'HEAD') expect(answer.json().code, method).toBe('method_not_allowed');
      expect(String(answer.headers.allow).split(', '), method).toEqual(
        [...new Set(declared)].sort(),
      );
    }
  });
});
