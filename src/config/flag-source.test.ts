import { describe, expect, it } from 'vitest';
import { takeConfigFlags } from './flag-source.ts';

describe('takeConfigFlags', () => {
  it('takes configuration flags from any position and keeps the order of the rest', () => {
    const args = [
      'users',
      '--server.port',
      '9000',
      'create',
      '--config=a.yaml',
      '--json',
      '-x',
      'y',
    ];
    expect(takeConfigFlags(args)).toEqual({
      flags: [
        { name: 'server.port', value: '9000' },
        { name: 'config', value: 'a.yaml' },
      ],
      rest: ['users', 'create', '--json', '-x', 'y'],
    });
  });

  it('keeps everything after the first equals sign, including line breaks', () => {
    const { flags } = takeConfigFlags(['--database.password=a=b\nc', '--database.name=']);
    expect(flags).toEqual([
      { name: 'database.password', value: 'a=b\nc' },
      { name: 'database.name', value: '' },
    ]);
  });

  it('accepts a boolean flag without a value, and takes only true and false as its value', () => {
    expect(takeConfigFlags(['--redis.tls', 'serve'])).toEqual({
      flags: [{ name: 'redis.tls', value: undefined }],
      rest: ['serve'],
    });
    expect(takeConfigFlags(['--redis.tls', 'false', '--nats.tls=true']).flags).toEqual([
      { name: 'redis.tls', value: 'false' },
      { name: 'nats.tls', value: 'true' },
    ]);
  });

  it('takes a value that begins with one dash, and no value that begins with two', () => {
    expect(takeConfigFlags(['--server.port', '-1', '--server.host', '--json'])).toEqual({
      flags: [
        { name: 'server.port', value: '-1' },
        { name: 'server.host', value: undefined },
      ],
      rest: ['--json'],
    });
  });

  it('stops at --', () => {
    expect(takeConfigFlags(['--', '--server.port', '1'])).toEqual({
      flags: [],
      rest: ['--', '--server.port', '1'],
    });
  });
});
