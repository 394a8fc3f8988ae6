// npm run bench:peers -- [--quick] [--seconds 2] [--rounds 9]: installs other products into temporary folders, and
// compares them with the last build on the same PostgreSQL.
import { startPostgres } from '../test/support/postgres-server.ts';
import { type Measured, spreadOf } from './compare.ts';
import { onDatabase } from './context.ts';
import { startLoadGenerator } from './load-generator.ts';
import { readOptions } from './options.ts';
import { install } from './peers/install.ts';
import { measurePeer, type PeerFigures } from './peers/measure-peer.ts';
import { OURS, PEERS } from './peers/peers.ts';
import { table } from './report.ts';
import { startService } from './service.ts';

const startedAt = performance.now();
const options = readOptions(process.argv.slice(2));
const postgres = await startPostgres({ durable: true });
const generator = startLoadGenerator();
const rows: string[][] = [];
try {
  const context = { options, generator, progress };
  const database = await postgres.createDatabase('peer_ours');
  const startOurs = (on: typeof database) => startService(onDatabase(on));
  const ours = await measurePeer(context, OURS, startOurs, database);
  add(rowOf(OURS.name, ours, ours));
  for (const [index, peer] of PEERS.entries()) {
    progress(`installing ${peer.packages.join(' ')}`);
    try {
      const installed = await install(peer);
      try {
        const on = await postgres.createDatabase(`peer_${index}`);
        add(rowOf(peer.name, await measurePeer(context, peer, installed.start, on), ours));
      } finally {
        await installed.remove();
      }
    } catch (error) {
      add([peer.name, `not measured: ${(error as Error).message.split('\n')[0]}`]);
    }
  }
} finally {
  generator.stop();
  await postgres.stop();
}
const head = ['', 'read own user', 'CPU', 'ours : theirs', 'sign-in', 'register', 'start', 'idle'];
console.log(table(head, rows));

function rowOf(name: string, peer: PeerFigures, ours: PeerFigures): string[] {
  const rate = ({ perSecond }: Measured): string =>
    `${perSecond.median.toFixed(0)} /s (${perSecond.min.toFixed(0)}–${perSecond.max.toFixed(0)})`;
  const cpuUs = peer.read.cpuUs ?? spreadOf([Number.NaN]);
  return [
    name,
    rate(peer.read),
    `${cpuUs.median.toFixed(0)} µs`,
    (ours.read.perSecond.median / peer.read.perSecond.median).toFixed(1),
    rate(peer.signIn),
    rate(peer.register),
    `${peer.startMs.toFixed(0)} ms`,
    `${peer.idleMb.toFixed(0)} MB`,
  ];
}

/** Also shown at once: the next peer takes minutes to install. */
function add(row: string[]): void {
  rows.push(row);
  progress(row.join(', '));
}

function progress(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
  console.error(`${seconds} s  ${text}`);
}
