import { describe, expect, it } from 'vitest';
import { importCircles, layerViolations } from './layers.ts';

describe('the layer check', () => {
  it.each([
    ['src/domain/user/user.ts', "import { x } from '../../application/users/y.ts';"],
    ['src/domain/user/user.ts', "import fs from 'node:fs';"],
    ['src/domain/user/user.ts', "export { x } from '../../lib/x.ts';"],
    ['src/application/a.ts', "import { x } from '../infrastructure/x.ts';"],
    ['src/application/a.ts', "const x = await import('fastify');"],
    ['src/interfaces/http/a.ts', "import type {\n  X,\n} from '../../infrastructure/x.ts';"],
    ['src/infrastructure/a.ts', "import { x } from '../application/x.ts';"],
    ['src/lib/a.ts', "import { x } from '../domain/errors.ts';"],
    ['src/interfaces/nats/a.ts', "import { x } from '../http/x.ts';"],
    ['src/interfaces/api/a.ts', "import { x } from '../http/x.ts';"],
    ['src/main.ts', "import { x } from './infrastructure/x.ts';"],
    ['src/interfaces/http/a.ts', "import { x } from '../../app/x.ts';"],
    ['src/interfaces/cli/a.ts', "import { createX } from '../../application/x.ts';"],
    [
      'src/interfaces/http/a.ts',
      "import {\n  type X,\n  createX as make,\n} from '../../application/x.ts';",
    ],
    ['src/interfaces/nats/a.ts', "export { createX } from '../../application/x.ts';"],
    ['src/links.ts', 'const x = 1;'],
    ['src/application/a.ts', 'const x = process.env.HOME;'],
    ['src/interfaces/api/a.ts', 'const x = Date.now();'],
    ['src/interfaces/api/a.ts', "import { v7 } from 'uuid';"],
  ])('refuses in %s: %s', (path, source) => {
    expect(layerViolations(path, source)).toHaveLength(1);
  });

  it.each([
    [
      'src/domain/user/user.ts',
      "import { x } from '../errors.ts';\nimport { toASCII } from 'tr46';",
    ],
    ['src/application/a.ts', "import type { X } from '../domain/ports.ts';"],
    ['src/application/users/a.ts', "import { x } from '../../lib/x.ts';"],
    [
      'src/app/app.ts',
      "import { x } from '../infrastructure/x.ts';\nimport { y } from '../interfaces/y.ts';",
    ],
    ['src/app/app.ts', "import { createX } from '../application/x.ts';"],
    ['src/interfaces/http/a.ts', "import type { createX } from '../../application/x.ts';"],
    ['src/interfaces/http/a.ts', "import { requireUser, type X } from '../../application/x.ts';"],
    ['src/interfaces/http/a.ts', "import { createX } from '../api/x.ts';"],
    ['src/infrastructure/system/clock.ts', 'const x = Date.now();'],
    ['src/interfaces/api/a.ts', '// Date.now() is not for us'],
  ])('accepts in %s: %s', (path, source) => {
    expect(layerViolations(path, source)).toEqual([]);
  });
});

describe('the check for import circles', () => {
  const sources = (files: Readonly<Record<string, string>>) => new Map(Object.entries(files));

  it('names the files of a circle, across folders and with type imports', () => {
    const circles = importCircles(
      sources({
        'src/main.ts': "import { a } from './x/a.ts';",
        'src/x/a.ts': "import type { B } from '../y/b.ts';",
        'src/y/b.ts': "export { c } from './c.ts';",
        'src/y/c.ts': "import {\n  type A,\n} from '../x/a.ts';",
      }),
    );
    expect(circles).toEqual(['import circle: src/x/a.ts → src/y/b.ts → src/y/c.ts → src/x/a.ts']);
  });

  it('finds a file that imports itself, and an import on demand', () => {
    const circles = importCircles(
      sources({
        'src/a.ts': "import './a.ts';",
        'src/b.ts': "import { c } from './c.ts';",
        'src/c.ts': "const b = await import('./b.ts');",
      }),
    );
    expect(circles).toHaveLength(2);
  });

  it('accepts two ways to one file, and packages', () => {
    const circles = importCircles(
      sources({
        'src/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
        'src/b.ts': "import { c } from './c.ts';\nimport fastify from 'fastify';",
        'src/c.ts': '',
      }),
    );
    expect(circles).toEqual([]);
  });
});
