import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlSocket, ControlSocketError, claimControlSocket } from './control-socket.ts';

let directory: string;
let claimed: ControlSocket[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'control-'));
  claimed = [];
});

afterEach(async () => {
  for (const socket of claimed) await socket.release();
  await rm(directory, { recursive: true, force: true });
});

async function claim(path: string): Promise<ControlSocket> {
  const socket = await claimControlSocket(path);
  claimed.push(socket);
  return socket;
}

/** Leaves what a killed owner leaves: a socket file without a listening process. */
async function leaveDeadSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  expect((await lstat(path)).isSocket()).toBe(true);
}

describe('claimControlSocket', () => {
  it('gives read and write access to the socket to its owner only', async () => {
    const { path } = await claim(join(directory, 'control.sock'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('rejects a second claim while the first is held, and names the directory', async () => {
    const path = join(directory, 'control.sock');
    await claim(path);
    await expect(claimControlSocket(path)).rejects.toThrow(ControlSocketError);
    await expect(claimControlSocket(path)).rejects.toThrow(directory);
  });

  it('takes over from a process that was killed', async () => {
    const path = join(directory, 'control.sock');
    await leaveDeadSocket(path);
    await expect(claim(path)).resolves.toMatchObject({ path });
  });

  it('replaces a plain file at the path', async () => {
    const path = join(directory, 'control.sock');
    await writeFile(path, 'not a socket');
    await expect(claim(path)).resolves.toMatchObject({ path });
  });

  it('lets exactly one of twenty concurrent claims take over from a dead owner', async () => {
    const path = join(directory, 'control.sock');
    await leaveDeadSocket(path);
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => claim(path)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('frees the path on release', async () => {
    const path = join(directory, 'control.sock');
    const first = await claimControlSocket(path);
    await first.release();
    await expect(claim(path)).resolves.toMatchObject({ path });
  });

  it('closes open connections on release', async () => {
    const socket = await claim(join(directory, 'control.sock'));
    socket.serve(() => {});
    const client = connect(socket.path);
    await once(client, 'connect');
    const closed = once(client, 'close');
    await socket.release();
    await closed;
  });

  it('passes on a connection that arrived before serve was called', async () => {
    const socket = await claim(join(directory, 'control.sock'));
    const client = connect(socket.path);
    await once(client, 'connect');
    client.write('hello');
    const received = new Promise<string>((done) => {
      socket.serve((connection: Socket) => {
        connection.once('data', (data) => {
          done(String(data));
          connection.destroy();
        });
      });
    });
    await expect(received).resolves.toBe('hello');
    client.destroy();
  });

  it('says what to do when the path is too long for a socket', async () => {
    const path = join(directory, 'x'.repeat(120), 'control.sock');
    await expect(claimControlSocket(path)).rejects.toThrow('shorter database.path');
  });
});
