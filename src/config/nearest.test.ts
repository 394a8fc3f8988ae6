import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';
import { nearestKey } from './unknown-key.ts';

describe('nearest names', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['port', 'prot', 1],
    ['kitten', 'sitting', 3],
    ['host', 'hosts', 1],
  ])('count %j to %j as %d edits', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it.each([
    ['server.prot', 'server.port'],
    ['server.publicUrl', 'server.public_url'],
    ['database.max-open-conns', 'database.max_open_conns'],
    ['DATABASE.HOST', 'database.host'],
    ['database.db_name', 'database.name'],
    ['nats.url', 'nats.servers'],
    ['database.pasword_file', 'database.password_file'],
    ['databse.host', 'database.host'],
    ['logging.leveel', 'logging.level'],
  ])('suggest for %s the key %s', (name, expected) => {
    expect(nearestKey(name)).toBe(expected);
  });

  it('suggest nothing for a name that is not similar', () => {
    expect(nearestKey('zzzzzzzz')).toBeUndefined();
    expect(nearestKey('x'.repeat(100_000))).toBeUndefined();
    expect(nearest('port', ['host', 'name'], 1)).toBeUndefined();
  });
});
