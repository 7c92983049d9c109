import { useEffect, useRef, type ReactNode } from 'react';

let arrived = false;

/** Names the page, and takes the focus there when the page is gone to from another. */
export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === 'Stores' ? title : `${title} · Stores`;
    if (arrived) heading.current?.focus();
    arrived = true;
  }, [title]);
  return <h1 ref={heading} tabIndex={-1}>{children ?? title}</h1>;
}
