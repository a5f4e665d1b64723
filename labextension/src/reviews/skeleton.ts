/**
 * What HTML in a frame looks like, made anew from what is known to do nothing, to be measured.
 *
 * A frame that has no scripts, and an origin of its own, cannot say how high it is. So the page lays
 * out a copy that nobody sees: elements of the names below, without any attribute but a few that
 * have to do with size, and text.
 */

const HTML = new Set(
  (
    'a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em ' +
    'figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span ' +
    'strong sub summary sup table tbody td tfoot th thead tr tt u ul var'
  ).split(' ')
);
const MATHML = new Set(
  (
    'math menclose mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot ' +
    'mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none'
  ).split(' ')
);
const SIZES = ['class', 'colspan', 'display', 'height', 'open', 'rowspan', 'width', 'data-address'];
const PICTURE = /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]*$/;
const NAMESPACE = 'http://www.w3.org/1998/Math/MathML';

/** The copy of some HTML; nothing of the HTML itself comes into the page. */
export function skeletonOf(html: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  // A document that is only parsed: it has no window, so nothing in it runs or loads.
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  copyChildren(parsed.body, fragment);
  return fragment;
}

function copyChildren(from: Node, to: Node): void {
  for (const node of from.childNodes) {
    if (node instanceof Text || node.nodeType === Node.TEXT_NODE) {
      to.appendChild(document.createTextNode(node.textContent ?? ''));
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      const made = emptyCopy(node as Element);
      if (made !== null) {
        copyChildren(node, made);
        to.appendChild(made);
      }
    }
  }
}

function emptyCopy(element: Element): Element | null {
  const name = element.localName;
  const made = MATHML.has(name)
    ? document.createElementNS(NAMESPACE, name)
    : HTML.has(name)
      ? document.createElement(name)
      : null;
  for (const attribute of made === null ? [] : SIZES) {
    const value = element.getAttribute(attribute);
    if (value !== null) {
      made?.setAttribute(attribute, value);
    }
  }
  const source = element.getAttribute('src') ?? '';
  if (made instanceof HTMLImageElement && PICTURE.test(source)) {
    made.src = source;
  }
  return made;
}
