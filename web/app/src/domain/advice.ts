// What to do about a reason, out of the document that describes them all.
import document from '../../../../docs/conditions.md?raw';

export interface Advice {
  meaning: string;
  action: string;
}

/** Reads the tables of the document that have the columns Meaning and What to do; the first names the reason. */
export function readAdvice(text: string): Map<string, Advice> {
  const advice = new Map<string, Advice>();
  let header: string[] | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      header = undefined;
      continue;
    }
    const cells = line.slice(1, line.lastIndexOf('|')).split('|').map((cell) => cell.trim());
    header ??= cells;
    const [meaning, action] = [header.indexOf('Meaning'), header.indexOf('What to do')];
    const reason = /^`(\w+)`$/.exec(cells[0] ?? '')?.[1];
    if (reason && meaning > 0 && action > 0) advice.set(reason, { meaning: plain(cells[meaning]), action: plain(cells[action]) });
  }
  return advice;
}

// A command in backquotes stays as it is; a link keeps its words.
const plain = (cell: string | undefined) => (cell ?? '').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');

const known = readAdvice(document);

/** As much of a meaning as makes a headline. */
export const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0].slice(0, -1) ?? text;

export const adviceFor = (reason: string): Advice | undefined => known.get(reason);
