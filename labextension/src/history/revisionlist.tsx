/** The revisions of the file in front, and the files that are there no longer. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { IRevision } from './data.js';
import { Empty, More, Note, Tool, Tools, type IListProps } from './parts.js';
import {
  authorText,
  byDay,
  exactTime,
  nameOf,
  originalOf,
  originText,
  relativeTime,
  shortTime,
  sizeText
} from './words.js';

export function FileHistory(props: IListProps): JSX.Element {
  const { model, trans } = props;
  const { revisions } = model.page;
  const now = new Date();
  return (
    <>
      <Copies {...props} />
      <Marked {...props} />
      <Empty {...props} isEmpty={revisions.length === 0}>
        {trans.__('This file has no history yet: it begins with the first save.')}
      </Empty>
      {byDay(revisions, now).map(day => (
        <section key={day.name} aria-label={day.name}>
          <h3>{day.name}</h3>
          <ul>
            {day.revisions.map(revision => (
              <Revision key={revision.id} {...props} revision={revision} now={now} />
            ))}
          </ul>
        </section>
      ))}
      <More {...props} />
    </>
  );
}

type RevisionProps = IListProps & { readonly revision: IRevision; readonly now: Date };

function Revision(props: RevisionProps): JSX.Element {
  const { model, actions, place, revision, now, trans } = props;
  const isSelected = model.selected === revision.id;
  const isNewest = model.page.revisions[0]?.id === revision.id;
  const choose = () => {
    model.select(revision.id);
    actions.view(place, revision);
  };
  return (
    <li className={isSelected ? 'platform-mod-selected' : ''}>
      <button
        type="button"
        className="platform-History-item"
        aria-expanded={isSelected}
        onClick={choose}
        title={exactTime(revision.at)}
      >
        <span className="platform-History-when">
          <time dateTime={revision.at.toISOString()}>{relativeTime(revision.at, now)}</time>
          {isNewest && <span className="platform-Badge">{trans.__('current')}</span>}
        </span>
        <span className="platform-History-who">{authorText(revision, trans)}</span>
        <span className="platform-History-what">
          <Origin revision={revision} trans={trans} />
          <span>{sizeText(revision.size)}</span>
        </span>
      </button>
      {isSelected && <RevisionTools {...props} isNewest={isNewest} />}
    </li>
  );
}

function Origin(props: { readonly revision: IRevision; readonly trans: TranslationBundle }) {
  const { revision, trans } = props;
  return (
    <span className={`platform-Origin platform-mod-${revision.origin}`}>
      {originText(revision.origin, trans)}
    </span>
  );
}

function RevisionTools(props: RevisionProps & { readonly isNewest: boolean }): JSX.Element {
  const { model, actions, place, revision, isNewest, trans } = props;
  const { revisions } = model.page;
  const previous = revisions[revisions.findIndex(one => one.id === revision.id) + 1];
  const { marked } = model;
  return (
    <Tools label={trans.__('What to do with this revision')}>
      {!isNewest && (
        <Tool onClick={() => actions.compare(place, revision, null)}>
          {trans.__('Compare with current')}
        </Tool>
      )}
      {previous && (
        <Tool onClick={() => actions.compare(place, previous, revision)}>
          {trans.__('Compare with previous')}
        </Tool>
      )}
      {marked !== null && marked.id !== revision.id ? (
        <Tool onClick={() => actions.compare(place, ...inOrder(marked, revision))}>
          {trans.__('Compare with the one of %1', shortTime(marked.at))}
        </Tool>
      ) : (
        <Tool onClick={() => model.mark(marked === null ? revision : null)}>
          {marked === null ? trans.__('Compare with another…') : trans.__('Compare with none')}
        </Tool>
      )}
      {!isNewest && place.mayWrite && (
        <Tool onClick={() => actions.restore(place, revision)}>{trans.__('Restore…')}</Tool>
      )}
      {place.mayWrite && (
        <Tool onClick={() => actions.saveCopy(place, revision)}>{trans.__('Save a copy as…')}</Tool>
      )}
      <Tool onClick={() => actions.download(place, revision)}>{trans.__('Download')}</Tool>
    </Tools>
  );
}

function inOrder(one: IRevision, other: IRevision): [IRevision, IRevision] {
  return one.at <= other.at ? [one, other] : [other, one];
}

/** Says that another revision is to be chosen for a comparison. */
function Marked({ model, trans }: IListProps): JSX.Element | null {
  return model.marked === null ? null : (
    <Note role="status">
      {trans.__('Choose the revision to compare with the one of %1.', shortTime(model.marked.at))}{' '}
      <Tool onClick={() => model.mark(null)}>{trans.__('Cancel')}</Tool>
    </Note>
  );
}

/** Says that there are conflict copies of the file, or that it is one. */
function Copies({ model, actions, place, trans }: IListProps): JSX.Element | null {
  const { copies, revisions } = model.page;
  const original = originalOf(place.path);
  const newest = revisions[0];
  if (original !== null && newest !== undefined) {
    return (
      <Note role="status">
        {trans.__('This is a conflict copy: what could not be saved as “%1”, which somebody had changed.', nameOf(original))}{' '}
        <Tool onClick={() => actions.compareCopy(place, original, newest)}>
          {trans.__('Compare with it')}
        </Tool>
      </Note>
    );
  }
  return copies.length === 0 ? null : (
    <Note role="status">
      {trans._n(
        'Two changed this file at once: what could not be saved is in a conflict copy beside it.',
        'Some changed this file at once: what could not be saved is in conflict copies beside it.',
        copies.length
      )}
      <ul>
        {copies.map(copy => (
          <li key={copy.id}>
            {trans.__('%1, by %2', shortTime(copy.at), authorText(copy, trans))}{' '}
            <Tool onClick={() => actions.compareCopy(place, place.path, copy)}>
              {trans.__('Compare')}
            </Tool>{' '}
            <Tool onClick={() => actions.open(place, copy.path)}>{trans.__('Open')}</Tool>
          </li>
        ))}
      </ul>
    </Note>
  );
}

export function GoneFiles(props: IListProps): JSX.Element {
  const { model, actions, place, trans } = props;
  const { revisions } = model.page;
  const now = new Date();
  return (
    <>
      <Empty {...props} isEmpty={revisions.length === 0}>
        {trans.__('No file of this project was deleted.')}
      </Empty>
      <ul>
        {revisions.map(revision => (
          <li key={revision.id} className={model.selected === revision.id ? 'platform-mod-selected' : ''}>
            <button
              type="button"
              className="platform-History-item"
              aria-expanded={model.selected === revision.id}
              title={revision.path}
              onClick={() => {
                model.select(revision.id);
                actions.view({ ...place, path: '' }, revision);
              }}
            >
              <span className="platform-History-when">{revision.path}</span>
              <span className="platform-History-who">
                {trans.__('last saved %1', lastSaved(revision.at, now))}
              </span>
              <span className="platform-History-what">
                <span>{authorText(revision, trans)}</span>
                <span>{sizeText(revision.size)}</span>
              </span>
            </button>
            {model.selected === revision.id && (
              <Tools label={trans.__('What to do with this file')}>
                {place.mayWrite && (
                  <Tool onClick={() => actions.undelete(place, revision)}>
                    {trans.__('Bring back')}
                  </Tool>
                )}
                <Tool onClick={() => actions.download(place, revision)}>{trans.__('Download')}</Tool>
              </Tools>
            )}
          </li>
        ))}
      </ul>
      <More {...props} />
    </>
  );
}

function lastSaved(at: Date, now: Date): string {
  return at.toDateString() === now.toDateString() ? relativeTime(at, now) : shortTime(at);
}

