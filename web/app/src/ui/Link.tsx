import type { ReactNode } from 'react';
import { Open } from './icons';

/** A shop's address is what its status says: anything but the web is no link. */
export function Outside({ url, children, className }: { url: string | undefined; children?: ReactNode; className?: string }) {
  if (!url || !/^https?:\/\//.test(url)) return null;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener" className={className}>
      {children ?? url.replace(/^https?:\/\//, '')}<Open />
      <span className="hidden"> (opens in a new tab)</span>
    </a>
  );
}
