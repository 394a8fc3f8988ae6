import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeEmbeddedTemplate } from '../src/infrastructure/database/embedded/template.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const database = join('infrastructure', 'database');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
compile();
cpSync(join(root, 'src', database, 'postgres', 'migrations'), join(dist, database, 'postgres', 'migrations'), {
  recursive: true,
});
const startedAt = process.hrtime.bigint();
const bytes = await writeEmbeddedTemplate(join(dist, database, 'embedded', 'template.tar.gz'));
const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
console.log(`built dist/: embedded database prepared in ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB`);

function compile(): void {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
