import { describe, expect, it } from 'vitest';
import { layerFaults } from './layers.ts';

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
    ['src/links.ts', 'const x = 1;'],
    ['src/application/a.ts', 'const x = process.env.HOME;'],
    ['src/interfaces/api/a.ts', 'const x = Date.now();'],
    ['src/interfaces/api/a.ts', "import { v7 } from 'uuid';"],
  ])('refuses in %s: %s', (path, source) => {
    expect(layerFaults(path, source)).toHaveLength(1);
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
    ['src/infrastructure/system/clock.ts', 'const x = Date.now();'],
    ['src/interfaces/api/a.ts', '// Date.now() is not for us'],
  ])('accepts in %s: %s', (path, source) => {
    expect(layerFaults(path, source)).toEqual([]);
  });
});
