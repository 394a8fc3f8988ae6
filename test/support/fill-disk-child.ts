/**
 * Opens the embedded database in argv[2], writes until its disk is full, and ends by SIGKILL: in a process of its own,
 * because the kill ends it. Prints the SQLSTATE of the last write.
 */
import { openEmbeddedDatabase } from '../../src/infrastructure/database/embedded/pglite.ts';

const [, , path = ''] = process.argv;
const database = await openEmbeddedDatabase({ path });
await database.query('create table filler (content text)');
try {
  for (;;) {
    await database.query(
      'insert into filler select repeat(md5(n::text), 30) from generate_series(1, 500) n',
    );
  }
} catch (error) {
  const { code } = (error as { cause?: { code?: string } }).cause ?? {};
  process.stdout.write(`${code}\n`, () => process.kill(process.pid, 'SIGKILL'));
}
