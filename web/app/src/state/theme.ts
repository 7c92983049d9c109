import { useState } from 'react';

const key = 'store-dashboard.theme';
export type Theme = 'auto' | 'light' | 'dark';

const read = (): Theme => {
  const kept = localStorage.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
};

function apply(theme: Theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

apply(read());

/** The system's colours, unless this person chose others. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, set] = useState(read);
  return [theme, (chosen) => {
    localStorage.setItem(key, chosen);
    apply(chosen);
    set(chosen);
  }];
}
