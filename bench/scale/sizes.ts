const UNITS = { '': 1, k: 1_000, m: 1_000_000 } as const;
const MAX_USERS = 100_000_000;

/** Reads `10k,1M`. @returns numbers of users, ascending @throws Error that names the option */
export function parseSizes(text: string): readonly number[] {
  const sizes = text.split(',').map((size) => {
    const [, digits, unit = ''] = /^(\d{1,9})([km]?)$/i.exec(size.trim()) ?? [];
    const count = Number(digits) * UNITS[unit.toLowerCase() as keyof typeof UNITS];
    if (!(count >= 1_000 && count <= MAX_USERS)) {
      throw new Error(`--sizes takes numbers of users from 1k to 100M, such as 10k,1M: ${size}`);
    }
    return count;
  });
  return sizes.sort((one, other) => one - other);
}

/** `10 k`, `1 M`. */
export function sizeAsText(size: number): string {
  if (size >= 1_000_000) return `${size / 1_000_000} M`;
  return `${size / 1_000} k`;
}
