/** Where a comment is written, beside what it is about. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';

import type { SubmissionModel } from './model.js';
import type { IPart } from './parts.js';
import { quoteOf } from './places.js';
import type { ITarget } from './restapi.js';
import { inserted } from './saved.js';
import { Saved } from './savedview.js';
import { Suggestion } from './suggestion.js';
import { targetText } from './words.js';

interface IProps {
  readonly target: ITarget;
  readonly part: IPart | null;
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
}

export function Composer({ target, part, model, trans }: IProps): JSX.Element {
  const [body, setBody] = useState('');
  const [suggestion, setSuggestion] = useState<string | null>(null);
  const first = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    first.current?.scrollIntoView({ block: 'nearest' });
    first.current?.focus({ preventScroll: true });
  }, []);
  const hasLines = part !== null && part.lines.length > 0 && target.output === null;
  const quote = hasLines ? quoteOf(part, target.line, target.endLine) : '';
  const isEmpty = body.trim() === '' && suggestion === null;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!isEmpty) {
      const said = { body, suggestion };
      void model.actions.comment(target, said).then(isDone => isDone && model.compose(null));
    }
  };
  const insert = (more: string) => {
    const { selectionStart = body.length, selectionEnd = body.length } = first.current ?? {};
    setBody(inserted(body, more, selectionStart, selectionEnd));
    first.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      model.compose(null);
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      send(event);
    }
  };
  return (
    <form
      className="platform-Composer"
      onSubmit={send}
      onKeyDown={onKey}
      aria-label={trans.__('New comment: %1', targetText(target, part, trans))}
    >
      <strong>{targetText(target, part, trans)}</strong>
      {hasLines && <LineFields target={target} part={part} model={model} trans={trans} />}
      <textarea
        ref={first}
        rows={3}
        value={body}
        aria-label={trans.__('Comment')}
        placeholder={trans.__('What should be said about this?')}
        onChange={event => setBody(event.target.value)}
      />
      {model.view?.mayReview === true && (
        <Saved saved={model.saved} text={body} insert={insert} trans={trans} />
      )}
      {suggestion !== null && (
        <>
          <textarea
            rows={Math.min(Math.max(suggestion.split('\n').length, 2), 12)}
            className="platform-Composer-suggestion"
            value={suggestion}
            aria-label={trans.__('Suggestion')}
            onChange={event => setSuggestion(event.target.value)}
          />
          <Suggestion before={quote} after={suggestion} trans={trans} />
        </>
      )}
      <div className="platform-Composer-buttons">
        <button type="submit" className="platform-Button platform-mod-primary" disabled={isEmpty}>
          {trans.__('Comment')}
        </button>
        {hasLines && (
          <button
            type="button"
            className="platform-Link"
            onClick={() => setSuggestion(suggestion === null ? quote : null)}
          >
            {suggestion === null ? trans.__('Suggest a change') : trans.__('No suggestion')}
          </button>
        )}
        <button type="button" className="platform-Link" onClick={() => model.compose(null)}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}

/** From which line to which; both empty for all. */
function LineFields({ target, part, model, trans }: IProps & { readonly part: IPart }): JSX.Element {
  const field = (label: string, value: number | null, set: (line: number | null) => ITarget) => (
    <input
      type="number"
      min={1}
      max={part.lines.length}
      aria-label={label}
      placeholder={label}
      value={value ?? ''}
      onChange={event => {
        const line = Math.trunc(Number(event.target.value));
        model.compose(set(line >= 1 && line <= part.lines.length ? line : null));
      }}
    />
  );
  const { line, endLine } = target;
  return (
    <div className="platform-Composer-lines">
      {field(trans.__('From line'), line, from => ({
        ...target,
        line: from,
        endLine: from === null ? null : Math.max(from, endLine ?? from)
      }))}
      {field(trans.__('To line'), endLine, to => ({
        ...target,
        line: to === null ? line : Math.min(line ?? to, to),
        endLine: to
      }))}
    </div>
  );
}
