/** HTML that came from somebody else, in a frame that can do nothing, as high as it needs to be. */

import { useEffect, useRef, useState, type RefObject } from 'react';

import type { IShown } from './parts.js';
import { skeletonOf } from './skeleton.js';

const HIGHEST = 2000; // pixels; what is higher is scrolled within
const NEAR = '800px'; // frames that are further from what is seen than that are not made yet

export interface IFrameProps {
  readonly html: string;
  readonly look: Pick<IShown, 'style' | 'policy'>;
  /** What it is, for those who do not see it. */
  readonly title: string;
}

export function Frame({ html, look, title }: IFrameProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const isNear = useNear(host);
  const height = useHeight(host, html, look.style);
  const theme = useTheme();
  return (
    <div className="platform-Frame" style={{ height }}>
      <div ref={host} className="platform-Frame-measure" aria-hidden="true" />
      {isNear && (
        // Nothing in it runs, or asks anything of any server: the frame has an origin of its own and
        // no scripts, and the page in it says so itself once more.
        <iframe
          key={theme}
          sandbox=""
          srcDoc={pageOf(html, look, theme)}
          title={title}
          referrerPolicy="no-referrer"
        />
      )}
    </div>
  );
}

/** A whole page around the HTML. */
export function pageOf(
  html: string,
  { style, policy }: Pick<IShown, 'style' | 'policy'>,
  theme: 'light' | 'dark'
): string {
  return (
    `<!doctype html><html class="${theme}"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<style>${style}</style></head><body><div class="part">${html}</div></body></html>`
  );
}

/** How high the HTML is, at the width that there is. */
function useHeight(host: RefObject<HTMLDivElement>, html: string, style: string): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const node = host.current;
    if (node === null) {
      return;
    }
    const shadow = node.shadowRoot ?? node.attachShadow({ mode: 'open' });
    const sheet = document.createElement('style');
    sheet.textContent = style;
    const part = document.createElement('div');
    part.className = 'part';
    part.append(skeletonOf(html));
    shadow.replaceChildren(sheet, part);
    const observer = new ResizeObserver(() =>
      setHeight(Math.min(Math.ceil(part.getBoundingClientRect().height) + 2, HIGHEST))
    );
    observer.observe(part);
    return () => observer.disconnect();
  }, [host, html, style]);
  return height;
}

/** Whether something has been near to what is seen. */
function useNear(host: RefObject<HTMLElement>): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (host.current === null || isNear) {
      return;
    }
    const observer = new IntersectionObserver(
      entries => entries.some(one => one.isIntersecting) && setNear(true),
      { rootMargin: NEAR }
    );
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [host, isNear]);
  return isNear;
}

/** How the page looks now. */
function useTheme(): 'light' | 'dark' {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(currentTheme()));
    observer.observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
    return () => observer.disconnect();
  }, []);
  return theme;
}

function currentTheme(): 'light' | 'dark' {
  return document.body.dataset.jpThemeLight === 'false' ? 'dark' : 'light';
}
