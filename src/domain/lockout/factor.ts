/** What is guessed. Each has counters of its own, so that guesses at one do not close another. */
export type Factor = 'password' | 'reauthentication' | 'code';
