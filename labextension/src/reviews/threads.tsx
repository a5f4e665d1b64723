/** A thread: what is said about one place. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type FormEvent } from 'react';

import { Honest } from '../history/deceiving.js';
import type { SubmissionModel } from './model.js';
import type { IComment, IThread } from './said.js';
import { Suggestion } from './suggestion.js';
import { fateText, placeText } from './words.js';

interface IProps {
  readonly thread: IThread;
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
}

export function Thread({ thread, model, trans }: IProps): JSX.Element {
  const node = useRef<HTMLElement>(null);
  const isSelected = model.selected === thread.id;
  const [isOpen, setOpen] = useState(!thread.isResolved);
  const { isResolved } = thread;
  useEffect(() => setOpen(!isResolved), [isResolved]);
  useEffect(() => {
    if (isSelected) {
      setOpen(true);
      node.current?.scrollIntoView({ block: 'center' });
      node.current?.focus({ preventScroll: true });
    }
  }, [isSelected]);
  const place = placeText(thread, trans);
  const classes = ['platform-Thread'];
  if (isSelected) {
    classes.push('platform-mod-selected');
  }
  if (isResolved) {
    classes.push('platform-mod-resolved');
  }
  return (
    <article
      ref={node}
      className={classes.join(' ')}
      tabIndex={-1}
      data-thread={thread.id}
      aria-label={trans.__('Thread: %1', place)}
    >
      <header>
        <button type="button" className="platform-Link" onClick={() => void model.showThread(thread.id)}>
          {place}
        </button>
        <Marks thread={thread} trans={trans} />
        {isResolved && (
          <button
            type="button"
            className="platform-Link"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? trans.__('Fold') : trans.__('Unfold')}
          </button>
        )}
      </header>
      {isOpen && <Talk thread={thread} model={model} trans={trans} />}
    </article>
  );
}

/** What became of the thread, and of its place. */
function Marks({ thread, trans }: Omit<IProps, 'model'>): JSX.Element {
  const fate = fateText(thread, trans);
  const marks = [
    { text: fate, kind: thread.now?.fate ?? 'same' },
    { text: thread.isApplied ? trans.__('applied') : '', kind: 'applied' },
    { text: thread.isResolved ? trans.__('resolved') : '', kind: 'resolved' }
  ];
  return (
    <>
      {marks.filter(one => one.text !== '').map(one => (
        <span key={one.kind} className={`platform-Mark platform-mod-${one.kind}`}>{one.text}</span>
      ))}
    </>
  );
}

function Talk({ thread, model, trans }: IProps): JSX.Element {
  const hasFate = thread.now !== null && thread.now.fate !== 'same' && thread.now.fate !== 'moved';
  return (
    <>
      {hasFate && thread.anchor.quote !== '' && thread.anchor.output === null && (
        <details>
          <summary>{trans.__('What it was about, in round %1', thread.round)}</summary>
          <pre><Honest text={thread.anchor.quote} /></pre>
        </details>
      )}
      {thread.comments.map(one => (
        <Comment key={one.id} comment={one} thread={thread} model={model} trans={trans} />
      ))}
      <Answer thread={thread} model={model} trans={trans} />
    </>
  );
}

function Answer({ thread, model, trans }: IProps): JSX.Element {
  const [text, setText] = useState('');
  const answer = (event: FormEvent) => {
    event.preventDefault();
    void model.actions.answer(thread, text).then(isDone => isDone && setText(''));
  };
  return (
    <form className="platform-Thread-answer" onSubmit={answer}>
      {!thread.isResolved && (
        <textarea
          rows={1}
          value={text}
          aria-label={trans.__('Answer')}
          placeholder={trans.__('Answer…')}
          onChange={event => setText(event.target.value)}
          onKeyDown={event => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              answer(event);
            }
          }}
        />
      )}
      {text.trim() !== '' && (
        <button type="submit" className="platform-Button">{trans.__('Answer')}</button>
      )}
      <button type="button" className="platform-Link" onClick={() => void model.actions.resolve(thread)}>
        {thread.isResolved ? trans.__('Reopen') : trans.__('Resolve')}
      </button>
    </form>
  );
}

interface ICommentProps extends IProps {
  readonly comment: IComment;
}

function Comment({ comment, thread, model, trans }: ICommentProps): JSX.Element {
  const [isEdited, setEdited] = useState(false);
  return (
    <div className={`platform-Comment${comment.isDraft ? ' platform-mod-draft' : ''}`}>
      <p>
        <strong>{comment.author.name}</strong>{' '}
        <time dateTime={comment.at.toISOString()}>{comment.at.toLocaleString()}</time>
        {comment.isDraft && (
          <span className="platform-Mark" title={trans.__('Published with your decision')}>
            {trans.__('draft')}
          </span>
        )}
        {comment.isEdited && <span className="platform-Mark">{trans.__('edited')}</span>}
      </p>
      {isEdited ? (
        <Editor comment={comment} model={model} trans={trans} onDone={() => setEdited(false)} />
      ) : (
        comment.body !== '' && (
          <div className="platform-Comment-body"><Honest text={comment.body} /></div>
        )
      )}
      {comment.suggestion !== null && (
        <>
          <Suggestion before={thread.anchor.quote} after={comment.suggestion} trans={trans} />
          {model.view?.mayChange === true && !thread.isApplied && (
            <button
              type="button"
              className="platform-Button"
              onClick={() => void model.actions.apply(comment.id)}
            >
              {trans.__('Apply suggestion')}
            </button>
          )}
        </>
      )}
      {comment.isDraft && !isEdited && (
        <div className="platform-Comment-tools">
          <button type="button" className="platform-Link" onClick={() => setEdited(true)}>
            {trans.__('Edit')}
          </button>
          <button
            type="button"
            className="platform-Link"
            onClick={() => void model.actions.remove(comment.id)}
          >
            {trans.__('Delete')}
          </button>
        </div>
      )}
    </div>
  );
}

function Editor(props: {
  readonly comment: IComment;
  readonly model: SubmissionModel;
  readonly trans: TranslationBundle;
  readonly onDone: () => void;
}): JSX.Element {
  const { comment, model, trans, onDone } = props;
  const [body, setBody] = useState(comment.body);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const said = { body, suggestion: comment.suggestion };
    void model.actions.edit(comment.id, said).then(isDone => isDone && onDone());
  };
  return (
    <form className="platform-Thread-answer" onSubmit={save}>
      <textarea
        rows={3}
        autoFocus
        value={body}
        aria-label={trans.__('Comment')}
        onChange={event => setBody(event.target.value)}
      />
      <button type="submit" className="platform-Button">{trans.__('Save')}</button>
      <button type="button" className="platform-Link" onClick={onDone}>{trans.__('Cancel')}</button>
    </form>
  );
}
