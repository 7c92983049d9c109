const units: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** How long ago, as kubectl says it: one unit, or two where one would be coarse. */
export function age(time: string | null | undefined, now: number): string {
  if (!time) return '–';
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return '–';
  for (const [index, [name, size]] of units.entries()) {
    const count = Math.floor(seconds / size);
    if (count === 0 && name !== 's') continue;
    const next = units[index + 1];
    const rest = next && count < 3 ? Math.floor((seconds % size) / next[1]) : 0;
    return rest > 0 && next ? `${count}${name}${rest}${next[0]}` : `${count}${name}`;
  }
  return '0s';
}

/** A time for people, in their zone. */
export const moment = (time: string | null | undefined): string =>
  time ? new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }) : '';
