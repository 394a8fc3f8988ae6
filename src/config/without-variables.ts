/**
 * Runs `build` while the environment variables with the prefix are hidden from it, for a library that reads them.
 * @param build synchronous, so that nothing else sees the difference
 */
export function withoutVariables<T>(prefix: string, build: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith(prefix));
  for (const [name] of hidden) delete process.env[name];
  try {
    return build();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}
