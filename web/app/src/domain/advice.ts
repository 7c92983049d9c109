// What to do about a reason, out of the document that describes them all.
import document from '../../../../docs/conditions.md?raw';

export interface Advice {
  meaning: string;
  action: string;
}

/** Reads the tables of the document whose columns are Reason, Meaning and What to do. */
export function readAdvice(text: string): Map<string, Advice> {
  const advice = new Map<string, Advice>();
  let within = false;
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|') ? line.slice(1, line.lastIndexOf('|')).split('|').map((cell) => cell.trim()) : [];
    if (cells.length !== 3) within = false;
    else if (cells[2] === 'What to do') within = true;
    else if (within) {
      const reason = /^`(\w+)`$/.exec(cells[0] ?? '')?.[1];
      if (reason) advice.set(reason, { meaning: plain(cells[1]), action: plain(cells[2]) });
    }
  }
  return advice;
}

// A command in backquotes stays as it is; a link keeps its words.
const plain = (cell: string | undefined) => (cell ?? '').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');

const known = readAdvice(document);

export const adviceFor = (reason: string): Advice | undefined => known.get(reason);
