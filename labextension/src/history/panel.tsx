/** The panel: what the file in front was, its project's checkpoints, and what is gone. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { ReactNode } from 'react';

import type { ICheckpoint, IPlace, IRevision } from './data.js';
import type { HistoryModel, View } from './model.js';
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

/** What the panel's buttons do. None of them rejects: they tell the user what went wrong. */
export interface IHistoryActions {
  /** Show a revision; with a path in the place, beside what is there now. */
  view(place: IPlace, revision: IRevision): void;
  /** Compare with `to`, null for what is there. */
  compare(place: IPlace, from: IRevision, to: IRevision | null): void;
  restore(place: IPlace, revision: IRevision): void;
  saveCopy(place: IPlace, revision: IRevision): void;
  download(place: IPlace, revision: IRevision): void;
  /** Bring a file back that is gone. */
  undelete(place: IPlace, revision: IRevision): void;
  /** Compare a conflict copy, `revision`, with the file at `path`. */
  compareCopy(place: IPlace, path: string, revision: IRevision): void;
  open(place: IPlace, path: string): void;
  createCheckpoint(place: IPlace): void;
  compareCheckpoint(place: IPlace, checkpoint: ICheckpoint): void;
  bringBack(place: IPlace, checkpoint: ICheckpoint): void;
  deleteCheckpoint(place: IPlace, checkpoint: ICheckpoint): void;
}

export namespace HistoryPanel {
  export interface IOptions {
    readonly model: HistoryModel;
    readonly actions: IHistoryActions;
    readonly trans: TranslationBundle;
  }
}

export class HistoryPanel extends ReactWidget {
  constructor(private readonly _options: HistoryPanel.IOptions) {
    super();
    this.id = 'platform-history';
    this.addClass('platform-History');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._options.model.changed}>{() => <Panel {...this._options} />}</UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._options.model.isVisible = true;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._options.model.isVisible = false;
  }
}

type Props = HistoryPanel.IOptions;

function Panel(props: Props): JSX.Element {
  const { model, trans } = props;
  const titles: Record<View, string> = {
    file: trans.__('File'),
    checkpoints: trans.__('Checkpoints'),
    gone: trans.__('Deleted')
  };
  return (
    <>
      <header className="platform-History-head">
        <h2 title={model.place?.path}>{headline(props)}</h2>
        <button
          type="button"
          className="platform-IconButton"
          aria-label={trans.__('Refresh')}
          title={trans.__('Refresh')}
          onClick={() => void model.refresh()}
        >
          <refreshIcon.react tag="span" aria-hidden="true" />
        </button>
      </header>
      <div role="tablist" className="platform-Switch" aria-label={trans.__('History')}>
        {(['file', 'checkpoints', 'gone'] as const).map(view => (
          <button
            key={view}
            type="button"
            role="tab"
            aria-selected={view === model.view}
            aria-controls="platform-history-list"
            onClick={() => model.show(view)}
          >
            {titles[view]}
          </button>
        ))}
      </div>
      <div
        id="platform-history-list"
        role="tabpanel"
        aria-label={titles[model.view]}
        aria-busy={model.state.kind === 'loading'}
        className="platform-History-body"
      >
        <Content {...props} />
      </div>
    </>
  );
}

function headline({ model, trans }: Props): string {
  const { place, view } = model;
  if (place === null) {
    return trans.__('History');
  }
  return view === 'file' && place.path !== '' ? nameOf(place.path) : place.folder;
}

function Content(props: Props): JSX.Element {
  const { model, trans } = props;
  const { place, state, view } = model;
  if (place === null || (view === 'file' && place.path === '')) {
    return <Note>{trans.__('Open a file to see what it was before.')}</Note>;
  }
  if (state.kind === 'refused') {
    return (
      <Note role="alert">
        {state.message}{' '}
        <button type="button" className="platform-Button" onClick={() => void model.refresh()}>
          {trans.__('Try again')}
        </button>
      </Note>
    );
  }
  if (view === 'checkpoints') {
    return <Checkpoints {...props} place={place} />;
  }
  return view === 'file' ? (
    <FileHistory {...props} place={place} />
  ) : (
    <GoneFiles {...props} place={place} />
  );
}

type PlacedProps = Props & { readonly place: IPlace };

function FileHistory(props: PlacedProps): JSX.Element {
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

type RevisionProps = PlacedProps & { readonly revision: IRevision; readonly now: Date };

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
function Marked({ model, trans }: Props): JSX.Element | null {
  return model.marked === null ? null : (
    <Note role="status">
      {trans.__('Choose the revision to compare with the one of %1.', shortTime(model.marked.at))}{' '}
      <Tool onClick={() => model.mark(null)}>{trans.__('Cancel')}</Tool>
    </Note>
  );
}

/** Says that there are conflict copies of the file, or that it is one. */
function Copies({ model, actions, place, trans }: PlacedProps): JSX.Element | null {
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

function GoneFiles(props: PlacedProps): JSX.Element {
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

function Checkpoints(props: PlacedProps): JSX.Element {
  const { model, actions, place, trans } = props;
  return (
    <>
      {place.mayWrite && (
        <button
          type="button"
          className="platform-Button platform-History-new"
          onClick={() => actions.createCheckpoint(place)}
        >
          {trans.__('New checkpoint…')}
        </button>
      )}
      <Empty {...props} isEmpty={model.checkpoints.length === 0}>
        {trans.__('A checkpoint gives all files of the project, as they are now, a name to come back to.')}
      </Empty>
      <ul>
        {model.checkpoints.map(one => (
          <Checkpoint key={one.id} {...props} checkpoint={one} />
        ))}
      </ul>
    </>
  );
}

function Checkpoint(props: PlacedProps & { readonly checkpoint: ICheckpoint }): JSX.Element {
  const { model, actions, place, checkpoint, trans } = props;
  const isSelected = model.selected === checkpoint.id;
  return (
    <li className={isSelected ? 'platform-mod-selected' : ''}>
      <button
        type="button"
        className="platform-History-item"
        aria-expanded={isSelected}
        title={exactTime(checkpoint.at)}
        onClick={() => model.select(isSelected ? null : checkpoint.id)}
      >
        <span className="platform-History-when">{checkpointName(checkpoint, trans)}</span>
        <span className="platform-History-who">
          {shortTime(checkpoint.at)}
          {checkpoint.author !== '' && ` · ${checkpoint.author}`}
        </span>
        <span className="platform-History-what">
          {checkpoint.isAutomatic && (
            <span className="platform-Origin">{trans.__('automatic')}</span>
          )}
          <span>{trans._n('%1 file', '%1 files', checkpoint.files)}</span>
        </span>
      </button>
      {isSelected && (
        <Tools label={trans.__('What to do with this checkpoint')}>
          <Tool onClick={() => actions.compareCheckpoint(place, checkpoint)}>
            {trans.__('What has changed since?')}
          </Tool>
          {place.mayWrite && (
            <Tool onClick={() => actions.bringBack(place, checkpoint)}>{trans.__('Restore…')}</Tool>
          )}
          {place.isOwner && (
            <Tool onClick={() => actions.deleteCheckpoint(place, checkpoint)}>
              {trans.__('Delete…')}
            </Tool>
          )}
        </Tools>
      )}
    </li>
  );
}

/** The server puts the moment in front of the names it gives by itself; that is shown anyway. */
export function checkpointName(checkpoint: ICheckpoint, trans: TranslationBundle): string {
  const found = /^[-\d]+ [:.\d]+: before going back to "(.*)"$/.exec(checkpoint.name);
  return checkpoint.isAutomatic && found !== null
    ? trans.__('Before going back to “%1”', found[1] ?? '')
    : checkpoint.name;
}

function Empty(props: Props & { readonly isEmpty: boolean; readonly children: ReactNode }) {
  const { model, trans, isEmpty, children } = props;
  if (!isEmpty) {
    return null;
  }
  return <Note role="status">{model.state.kind === 'ready' ? children : trans.__('Loading…')}</Note>;
}

function More({ model, trans }: Props): JSX.Element | null {
  return model.page.next === null ? null : (
    <button
      type="button"
      className="platform-Button platform-History-more"
      disabled={model.state.kind === 'loading'}
      onClick={() => void model.more()}
    >
      {model.state.kind === 'loading' ? trans.__('Loading…') : trans.__('Show older ones')}
    </button>
  );
}

function Tools(props: { readonly label: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div role="group" aria-label={props.label} className="platform-History-tools">
      {props.children}
    </div>
  );
}

function Tool(props: { readonly onClick: () => void; readonly children: ReactNode }): JSX.Element {
  return (
    <button type="button" className="platform-Link" onClick={props.onClick}>
      {props.children}
    </button>
  );
}

function Note(props: { readonly role?: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div className="platform-Note" role={props.role}>
      {props.children}
    </div>
  );
}
