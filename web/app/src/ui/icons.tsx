import type { ReactNode } from 'react';

const icon = (path: ReactNode, className?: string) => function Icon() {
  return (
    <svg className={className} width="15" height="15" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {path}
    </svg>
  );
};

export const Plus = icon(<path d="M8 3v10M3 8h10" />);
export const Open = icon(<path d="M6 3H3.5v9.5H13V10M9 3h4v4M13 3 7.5 8.5" />, 'out');
export const Cross = icon(<path d="m4 4 8 8M12 4l-8 8" />);
export const Search = icon(<><circle cx="7" cy="7" r="4" /><path d="m10.2 10.2 3 3" /></>);
export const Check = icon(<path d="m3.5 8.5 3 3 6-7" />);

export function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" fill="none" strokeWidth="2" strokeLinejoin="round" strokeLinecap="round" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M8 13.5 9.6 8h12.8l1.6 5.5a2.7 2.7 0 0 1-5.3.6 2.7 2.7 0 0 1-5.4 0 2.7 2.7 0 0 1-5.3-.6ZM10 18v6h12v-6" stroke="var(--on-accent)" />
    </svg>
  );
}
