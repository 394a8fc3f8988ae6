import { describe, expect, test } from 'vitest';
import { createTurnBuffer } from './turn-buffer.ts';

function record() {
  const events: string[] = [];
  const buffer = createTurnBuffer({
    write: (lines, count = 1) => void events.push(`write ${count}: ${lines}`),
  });
  const add = (name: string) => buffer.add(`${name}\n`, () => void events.push(`answer ${name}`));
  return { events, buffer, add };
}

const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('the lines of a turn', () => {
  test('leave with one write, and their answers after that in the order of arrival', async () => {
    const { events, add } = record();
    add('a');
    add('b');
    add('c');
    expect(events).toEqual([]);
    await endOfTurn();
    expect(events).toEqual(['write 3: a\nb\nc\n', 'answer a', 'answer b', 'answer c']);
    add('d');
    await endOfTurn();
    expect(events.slice(4)).toEqual(['write 1: d\n', 'answer d']);
  });

  test('go before a line of another kind, which does not wait', async () => {
    const { events, buffer, add } = record();
    add('a');
    buffer.write('warning\n');
    add('b');
    expect(events).toEqual(['write 1: a\n', 'write 1: warning\n']);
    await endOfTurn();
    expect(events.slice(2)).toEqual(['write 1: b\n', 'answer a', 'answer b']);
  });

  test('and their answers do not wait once 64 of them are there', async () => {
    const { events, add } = record();
    for (let index = 0; index < 130; index += 1) add(`${index}`);
    expect(events.filter((event) => event.startsWith('write 64: '))).toHaveLength(2);
    expect(events.filter((event) => event.startsWith('answer '))).toHaveLength(128);
    await endOfTurn();
    expect(events.slice(-3)).toEqual(['write 2: 128\n129\n', 'answer 128', 'answer 129']);
  });

  test('are written at the end of the process', () => {
    const { events, buffer, add } = record();
    add('a');
    buffer.flush();
    buffer.flush();
    expect(events).toEqual(['write 1: a\n']);
  });

  test('hold up no answer when they cannot be written or are not shown', async () => {
    const answered: string[] = [];
    const buffer = createTurnBuffer({
      write() {
        throw new Error('disk full');
      },
    });
    buffer.add('a\n', () => void answered.push('a'));
    buffer.add('', () => void answered.push('hidden'));
    await endOfTurn();
    expect(answered).toEqual(['a', 'hidden']);
  });

  test('can be added while answers leave', async () => {
    const { events, buffer, add } = record();
    buffer.add('a\n', () => add('b'));
    await endOfTurn();
    await endOfTurn();
    expect(events).toEqual(['write 1: a\n', 'write 1: b\n', 'answer b']);
  });
});
