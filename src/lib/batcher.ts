/** Tells the asker of the question at an index its answer. */
export type Answer<V> = (index: number, value: V) => void;

interface Waiting<V> {
  readonly resolve: (value: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks together what is asked for in one turn of the event loop: under load most of the price of a question is its way
 * to the server and back. Nobody waits for a turn that is not over anyway, and each is answered as soon as it can be.
 * @param ask answers every question by its index before it resolves: what it leaves out waits for ever. When it rejects,
 * whoever has no answer yet is refused with its error.
 * @param most questions that are asked together.
 */
export function createBatcher<K, V>(
  ask: (questions: K[], answer: Answer<V>) => Promise<void>,
  most: number,
): (question: K) => Promise<V> {
  let questions: K[] = [];
  let waiting: Waiting<V>[] = [];

  function send(): void {
    const [asked, asking] = [questions, waiting];
    questions = [];
    waiting = [];
    if (asked.length === 0) return;
    ask(asked, (index, value) => asking[index]?.resolve(value)).catch((error: unknown) => {
      for (const one of asking) one.reject(error);
    });
  }

  return (question) =>
    new Promise((resolve, reject) => {
      if (questions.length === 0) setImmediate(send);
      questions.push(question);
      waiting.push({ resolve, reject });
      if (questions.length >= most) send();
    });
}
