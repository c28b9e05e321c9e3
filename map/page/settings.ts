/** What the reader chose, kept in this browser. */
import { effect, signal } from '@preact/signals';

type Language = 'en' | 'zh';
type Theme = 'light' | 'dark';

function kept<Value extends string>(name: string, values: readonly Value[], initial: Value) {
  let value = initial;
  try {
    const stored = localStorage.getItem(`map.${name}`);
    value = values.find((one) => one === stored) ?? initial;
  } catch {
    // a browser may keep nothing
  }
  const setting = signal(value);
  effect(() => {
    try {
      localStorage.setItem(`map.${name}`, setting.value);
    } catch {
      // then it is chosen anew each time
    }
  });
  return setting;
}

const prefers = (query: string) => matchMedia(query).matches;

export const language = kept<Language>(
  'language',
  ['en', 'zh'],
  navigator.language.startsWith('zh') ? 'zh' : 'en',
);
/** For dates: of the browser's own languages the one that the page speaks. */
export function locale(): string {
  return navigator.languages.find((one) => one.startsWith(language.value)) ?? language.value;
}

export const theme = kept<Theme>(
  'theme',
  ['light', 'dark'],
  prefers('(prefers-color-scheme: dark)') ? 'dark' : 'light',
);
export const dots = kept<'on' | 'off'>(
  'dots',
  ['on', 'off'],
  prefers('(prefers-reduced-motion: reduce)') ? 'off' : 'on',
);
export const presenting = kept<'on' | 'off'>('presenting', ['on', 'off'], 'off');

effect(() => {
  const { documentElement: root } = document;
  root.lang = language.value;
  root.dataset.theme = theme.value;
  root.dataset.presenting = presenting.value;
});
