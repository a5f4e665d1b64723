/** Characters that make a text look like what it is not: shown, instead of believed. */

// Those of the server's `review/rendering/characters.py`: what turns text around, what cannot be
// seen, and control characters.
const DECEIVING = new RegExp(
  '[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069' +
    '\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u200b-\\u200d\\u2060-\\u2064' +
    '\\u206a-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}' +
    '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]',
  'gu'
);

/** A text in pieces: those with an odd number are deceiving characters. */
export function piecesAround(text: string): string[] {
  return text.split(new RegExp(`(${DECEIVING.source})`, 'gu'));
}

/** Whether there is such a character in a text. */
export function isDeceiving(text: string): boolean {
  return text.search(DECEIVING) >= 0;
}

/** A text in which every such character is a mark that says what it is. */
export function Honest({ text }: { readonly text: string }): JSX.Element {
  if (!isDeceiving(text)) {
    return <>{text}</>;
  }
  return (
    <>
      {piecesAround(text).map((piece, index) =>
        index % 2 === 0 ? (
          piece
        ) : (
          <mark key={index} className="platform-Deceiving">{codeOf(piece)}</mark>
        )
      )}
    </>
  );
}

/** The same as a plain text, for where there can be no marks. */
export function honest(text: string): string {
  return piecesAround(text)
    .map((piece, index) => (index % 2 === 0 ? piece : `[${codeOf(piece)}]`))
    .join('');
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
