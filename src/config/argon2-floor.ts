/** The weakest Argon2id parameters that OWASP allows (Password Storage Cheat Sheet); the rows are equally strong. */
export const ARGON2_FLOOR = [
  { memoryKib: 47_104, iterations: 1 },
  { memoryKib: 19_456, iterations: 2 },
  { memoryKib: 12_288, iterations: 3 },
  { memoryKib: 9_216, iterations: 4 },
  { memoryKib: 7_168, iterations: 5 },
] as const;
