/** What is said about a submission, and the form to say more. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type FormEvent } from 'react';

import type { IComment, IThread } from './data.js';
import type { SubmissionModel } from './model.js';
import { fateText, placeText } from './words.js';

interface IProps {
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
}

export function Threads({ model, trans }: IProps): JSX.Element {
  const here = model.threads.filter(one => {
    const path = one.now?.path ?? one.path;
    return path === null || path === model.path;
  });
  const elsewhere = model.threads.length - here.length;
  return (
    <aside className="platform-Threads" aria-label={trans.__('Comments')}>
      <NewThread key={model.path} model={model} trans={trans} />
      {here.map(one => <Thread key={one.id} thread={one} model={model} trans={trans} />)}
      {elsewhere > 0 && (
        <p className="platform-Note">
          {trans._n('%1 thread is about another file.', '%1 threads are about other files.', elsewhere)}
        </p>
      )}
    </aside>
  );
}

function Thread({ thread, model, trans }: IProps & { readonly thread: IThread }): JSX.Element {
  const [text, setText] = useState('');
  const node = useRef<HTMLElement>(null);
  const isSelected = model.selected === thread.id;
  useEffect(() => {
    if (isSelected) {
      node.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);
  const answer = (event: FormEvent) => {
    event.preventDefault();
    void model.answer(thread, text).then(isDone => isDone && setText(''));
  };
  const fate = fateText(thread, trans);
  const classes = [
    'platform-Thread',
    isSelected ? 'platform-mod-selected' : '',
    thread.isResolved ? 'platform-mod-resolved' : ''
  ];
  return (
    <article ref={node} className={classes.join(' ')} aria-label={placeText(thread, trans)}>
      <header>
        <button type="button" className="platform-Link" onClick={() => void model.showThread(thread.id)}>
          {placeText(thread, trans)}
        </button>
        {fate !== '' && <em>{fate}</em>}
        {thread.isApplied && <em>{trans.__('applied')}</em>}
        <button type="button" className="platform-Link" onClick={() => void model.resolve(thread)}>
          {thread.isResolved ? trans.__('Reopen') : trans.__('Resolve')}
        </button>
      </header>
      {thread.anchor.quote !== '' && <pre>{short(thread.anchor.quote)}</pre>}
      {thread.comments.map(one => (
        <Comment key={one.id} comment={one} thread={thread} model={model} trans={trans} />
      ))}
      {!thread.isResolved && (
        <form onSubmit={answer}>
          <textarea
            rows={1}
            value={text}
            aria-label={trans.__('Answer')}
            placeholder={trans.__('Answer…')}
            onChange={event => setText(event.target.value)}
          />
          {text.trim() !== '' && (
            <button type="submit" className="platform-Button">{trans.__('Answer')}</button>
          )}
        </form>
      )}
    </article>
  );
}

interface ICommentProps extends IProps {
  readonly comment: IComment;
  readonly thread: IThread;
}

function Comment({ comment, thread, model, trans }: ICommentProps): JSX.Element {
  const mayApply = model.view?.mayChange === true && !thread.isApplied;
  return (
    <div className="platform-Comment">
      <p>
        <strong>{comment.author.name}</strong>{' '}
        <time dateTime={comment.at.toISOString()}>{comment.at.toLocaleString()}</time>
        {comment.isDraft && <em> {trans.__('draft, published with the decision')}</em>}
      </p>
      {comment.body !== '' && <div className="platform-Comment-body">{comment.body}</div>}
      {comment.suggestion !== null && (
        <div className="platform-Suggestion">
          <pre>{comment.suggestion}</pre>
          {mayApply && (
            <button
              type="button"
              className="platform-Button"
              onClick={() => void model.apply(comment.id)}
            >
              {trans.__('Apply suggestion')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function NewThread({ model, trans }: IProps): JSX.Element {
  const [cell, setCell] = useState('');
  const [line, setLine] = useState('');
  const [body, setBody] = useState('');
  const [suggestion, setSuggestion] = useState<string | null>(null);
  const number = /^[1-9][0-9]*$/.test(line) ? Number(line) : null;
  const mayPlace = cell !== '' || number !== null;
  const send = (event: FormEvent) => {
    event.preventDefault();
    const target = { path: model.path, cellId: cell === '' ? null : cell, line: number };
    void model.comment(target, body, mayPlace ? suggestion : null).then(isDone => {
      if (isDone) {
        setCell('');
        setLine('');
        setBody('');
        setSuggestion(null);
      }
    });
  };
  return (
    <form className="platform-NewThread" onSubmit={send} aria-label={trans.__('New comment')}>
      <div className="platform-NewThread-place">
        {model.cells.length > 0 && (
          <select
            aria-label={trans.__('Cell')}
            value={cell}
            onChange={event => setCell(event.target.value)}
          >
            <option value="">{trans.__('The whole file')}</option>
            {model.cells.map(one => (
              <option key={one.id} value={one.id}>
                {`${one.number + 1}: ${one.title}`}
              </option>
            ))}
          </select>
        )}
        <input
          type="text"
          inputMode="numeric"
          aria-label={trans.__('Line')}
          placeholder={trans.__('Line')}
          size={4}
          value={line}
          onChange={event => setLine(event.target.value)}
        />
      </div>
      <textarea
        className="platform-NewThread-body"
        rows={3}
        value={body}
        aria-label={trans.__('Comment')}
        placeholder={trans.__('Say something about this file…')}
        onChange={event => setBody(event.target.value)}
      />
      {suggestion !== null && mayPlace && (
        <textarea
          rows={3}
          className="platform-NewThread-suggestion"
          value={suggestion}
          aria-label={trans.__('Suggestion')}
          placeholder={trans.__('What should stand there instead')}
          onChange={event => setSuggestion(event.target.value)}
        />
      )}
      <div>
        {mayPlace && suggestion === null && (
          <button type="button" className="platform-Link" onClick={() => setSuggestion('')}>
            {trans.__('Suggest a change')}
          </button>
        )}
        <button
          type="submit"
          className="platform-Button"
          disabled={body.trim() === '' && suggestion === null}
        >
          {trans.__('Comment')}
        </button>
      </div>
    </form>
  );
}

function short(text: string): string {
  const lines = text.split('\n');
  return lines.length > 6 ? [...lines.slice(0, 6), '…'].join('\n') : text;
}
