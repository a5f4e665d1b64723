/** What the lists of the panel are made of. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';

import type { IPlace } from '../projects/tokens.js';
import type { ICheckpoint, IRevision } from './data.js';
import type { HistoryModel } from './model.js';

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

/** What each list needs. */
export interface IListProps {
  readonly model: HistoryModel;
  readonly actions: IHistoryActions;
  readonly place: IPlace;
  readonly trans: TranslationBundle;
}

/** Says why a list is empty, once it is known to be. */
export function Empty(props: Pick<IListProps, 'model' | 'trans'> & { readonly isEmpty: boolean; readonly children: ReactNode }) {
  const { model, trans, isEmpty, children } = props;
  if (!isEmpty) {
    return null;
  }
  return <Note role="status">{model.state.kind === 'ready' ? children : trans.__('Loading…')}</Note>;
}

/** Asks for the next page. */
export function More({ model, trans }: Pick<IListProps, 'model' | 'trans'>): JSX.Element | null {
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

/** What can be done about the selected one. */
export function Tools(props: { readonly label: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div role="group" aria-label={props.label} className="platform-History-tools">
      {props.children}
    </div>
  );
}

export function Tool(props: { readonly onClick: () => void; readonly children: ReactNode }): JSX.Element {
  return (
    <button type="button" className="platform-Link" onClick={props.onClick}>
      {props.children}
    </button>
  );
}

export function Note(props: { readonly role?: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div className="platform-Note" role={props.role}>
      {props.children}
    </div>
  );
}
