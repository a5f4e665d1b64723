/** The panel: what the file in front was, its project's checkpoints, and what is gone. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { KeyboardEvent } from 'react';

import { Checkpoints } from './checkpointlist.js';
import type { HistoryModel, View } from './model.js';
import { Note, type IHistoryActions } from './parts.js';
import { FileHistory, GoneFiles } from './revisionlist.js';
import { nameOf } from './words.js';

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
      <Tabs titles={titles} {...props} />
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

const VIEWS: readonly View[] = ['file', 'checkpoints', 'gone'];

function Tabs(props: Props & { readonly titles: Record<View, string> }): JSX.Element {
  const { model, titles, trans } = props;
  const step = (event: KeyboardEvent<HTMLElement>) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const next = VIEWS[VIEWS.indexOf(model.view) + by];
    if (by !== 0 && next !== undefined) {
      model.show(next);
      (event.currentTarget.children[VIEWS.indexOf(next)] as HTMLElement).focus();
    }
  };
  return (
    <div
      role="tablist"
      className="platform-Switch"
      aria-label={trans.__('History')}
      onKeyDown={step}
    >
      {VIEWS.map(view => (
        <button
          key={view}
          type="button"
          role="tab"
          aria-selected={view === model.view}
          aria-controls="platform-history-list"
          tabIndex={view === model.view ? 0 : -1}
          onClick={() => model.show(view)}
        >
          {titles[view]}
        </button>
      ))}
    </div>
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
