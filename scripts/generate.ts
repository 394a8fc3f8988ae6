import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateAll } from './generated-files.ts';

const root = join(import.meta.dirname, '..');

for (const [path, content] of await generateAll()) {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  if (read(target) === content) continue;
  writeFileSync(target, content);
  console.log(`wrote ${path}`);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
