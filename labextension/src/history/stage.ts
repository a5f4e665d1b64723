/** Shows earlier states and comparisons in the main area; what is shown already comes to the front. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { historyIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';

import type { IPlace } from '../projects/tokens.js';
import type { IStage } from './actions.js';
import { ChangesView } from './changesview.js';
import type { IChange, ICheckpoint, IRevision } from './data.js';
import { DiffView, type IComparison } from './diffview.js';
import { NOW, type HistoryApi } from './restapi.js';
import { isShownAsText, SnapshotView, type ISnapshot, type ISnapshotTool } from './snapshotview.js';
import { nameOf, shortTime } from './words.js';

const VIEW = 'platform-revision-';

export namespace Stage {
  export interface IOptions {
    readonly app: JupyterFrontEnd;
    readonly api: HistoryApi;
    readonly documents: IDocumentManager;
    readonly languages: IEditorLanguageRegistry;
    readonly rendermime: IRenderMimeRegistry;
    readonly trans: TranslationBundle;
  }
}

export class Stage implements IStage {
  constructor(private readonly _options: Stage.IOptions) {}

  view(place: IPlace, revision: IRevision): void {
    const title = `${nameOf(revision.path)} (${shortTime(revision.at)})`;
    const id = `${VIEW}${revision.id}`;
    // Looking through a history would leave a tab for each step: there is one.
    const old = [...this._options.app.shell.widgets('main')].find(
      widget => widget.id.startsWith(VIEW) && widget.id !== id
    );
    this._show(id, title, () => {
      const { languages, rendermime, trans } = this._options;
      const load = () => this._snapshot(place, revision.id);
      const tools = this._tools(place);
      return new SnapshotView({ load, tools, languages, rendermime, trans });
    }, old);
    old?.dispose();
  }

  compare(place: IPlace, path: string, from: string, to: string): void {
    const { rendermime, trans } = this._options;
    const title = trans.__('Compare: %1', nameOf(path));
    const shown = this._show(`platform-diff-${from}-${to}-${path}`, title, () => {
      return new DiffView({ load: () => this._comparison(place, path, from, to), rendermime, trans });
    });
    if (to === NOW && shown !== null) {
      (shown as DiffView).reload();
    }
  }

  changes(place: IPlace, checkpoint: ICheckpoint): void {
    const { api, trans } = this._options;
    const title = trans.__('Since %1', shortTime(checkpoint.at));
    // What changed is asked for anew each time.
    this._show(`platform-changes-${checkpoint.id}-${Date.now()}`, title, () => {
      const load = () => api.changes(place.projectId, checkpoint.id);
      const compare = (change: IChange) => this.compare(place, change.path, change.revision, NOW);
      const view = (change: IChange) => void this._viewById(place, change.revision);
      return new ChangesView({ checkpoint, load, compare, view, trans });
    });
  }

  open(path: string): void {
    this._options.documents.openOrReveal(path);
  }

  private async _viewById(place: IPlace, revision: string): Promise<void> {
    this.view({ ...place, path: '' }, await this._options.api.about(place.projectId, revision));
  }

  private async _snapshot(place: IPlace, id: string): Promise<ISnapshot> {
    const { api } = this._options;
    const revision = await api.about(place.projectId, id);
    const text = isShownAsText(revision) ? await api.text(place.projectId, revision.path, id) : null;
    return { revision, text, url: api.url(place.projectId, id) };
  }

  private async _comparison(
    place: IPlace,
    path: string,
    from: string,
    to: string
  ): Promise<IComparison> {
    const { api } = this._options;
    const project = place.projectId;
    const [old, current, difference] = await Promise.all([
      api.about(project, from),
      to === NOW ? null : api.about(project, to),
      api.difference(project, path, from, to)
    ]);
    if (difference.kind !== 'notebook') {
      return { path, old, current, difference, notebooks: null };
    }
    const texts = await Promise.all([from, to].map(one => api.text(project, path, one)));
    const notebooks = { old: texts[0] ?? '', current: texts[1] ?? '' };
    return { path, old, current, difference, notebooks };
  }

  private _tools(place: IPlace): ISnapshotTool[] {
    const { trans } = this._options;
    const compare = (revision: IRevision) => this.compare(place, place.path, revision.id, NOW);
    return place.path === '' ? [] : [{ label: trans.__('Compare with current'), run: compare }];
  }

  /** Bring a widget to the front; returns its content if it was there already. */
  private _show(id: string, title: string, make: () => Widget, beside?: Widget): Widget | null {
    const { shell } = this._options.app;
    const open = [...shell.widgets('main')].find(widget => widget.id === id);
    if (open instanceof MainAreaWidget) {
      shell.activateById(id);
      return open.content;
    }
    const widget = new MainAreaWidget({ content: make() });
    widget.id = id;
    widget.title.label = title;
    widget.title.caption = title;
    widget.title.icon = historyIcon;
    widget.title.closable = true;
    widget.toolbar.hide();
    shell.add(widget, 'main', beside ? { ref: beside.id, mode: 'tab-after' } : {});
    shell.activateById(id);
    return null;
  }
}
