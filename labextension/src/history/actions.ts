/** What can be done about the past: each asks where something could be lost, and tells the outcome. */

import { Notification, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IPlace } from '../projects/tokens.js';
import { ApiError } from '../server/refusal.js';
import { wordsOf } from '../server/words.js';
import type { ICheckpoint, IRevision } from './data.js';
import {
  askForName,
  askForPath,
  confirmDeletion,
  confirmRestore,
  confirmReturn,
  tellReturn
} from './dialogs.js';
import type { OpenDocuments } from './documents.js';
import { checkpointName } from './checkpointlist.js';
import type { IHistoryActions } from './parts.js';
import { NOW, type HistoryApi } from './restapi.js';
import { copyName, nameOf } from './words.js';

/** Shows things in the main area. */
export interface IStage {
  view(place: IPlace, revision: IRevision): void;
  compare(place: IPlace, path: string, from: string, to: string): void;
  changes(place: IPlace, checkpoint: ICheckpoint): void;
  open(path: string): void;
}

export namespace HistoryActions {
  export interface IOptions {
    readonly api: HistoryApi;
    readonly documents: OpenDocuments;
    readonly stage: IStage;
    readonly trans: TranslationBundle;
    /** Called when files, or what is known of their past, have changed. */
    readonly onChange: () => void;
  }
}

export class HistoryActions implements IHistoryActions {
  constructor(private readonly _options: HistoryActions.IOptions) {}

  view(place: IPlace, revision: IRevision): void {
    this._options.stage.view(place, revision);
  }

  compare(place: IPlace, from: IRevision, to: IRevision | null): void {
    this._options.stage.compare(place, place.path, from.id, to?.id ?? NOW);
  }

  compareCopy(place: IPlace, path: string, revision: IRevision): void {
    this._options.stage.compare(place, path, revision.id, NOW);
  }

  compareCheckpoint(place: IPlace, checkpoint: ICheckpoint): void {
    this._options.stage.changes(place, checkpoint);
  }

  open(place: IPlace, path: string): void {
    this._options.stage.open(`${place.folder}/${path}`);
  }

  download(place: IPlace, revision: IRevision): void {
    const link = document.createElement('a');
    link.href = this._options.api.url(place.projectId, revision.id, true);
    link.download = nameOf(revision.path);
    link.click();
  }

  restore(place: IPlace, revision: IRevision): void {
    const { api, documents, trans } = this._options;
    const path = `${place.folder}/${place.path}`;
    this._do(trans.__('The revision was not restored'), async () => {
      if (!(await confirmRestore(place.path, revision, documents.isDirty(path), trans))) {
        return;
      }
      await documents.save(path);
      await api.restore(place.projectId, place.path, revision.id, false);
      await documents.reload(path);
      Notification.success(trans.__('“%1” is restored.', nameOf(place.path)), { autoClose: 4000 });
    });
  }

  saveCopy(place: IPlace, revision: IRevision): void {
    const suggestion = copyName(place.path || revision.path, revision.at);
    this._saveAs(place, revision, suggestion);
  }

  undelete(place: IPlace, revision: IRevision): void {
    const { api, trans } = this._options;
    this._do(trans.__('The file was not brought back'), async () => {
      try {
        await api.restore(place.projectId, revision.path, revision.id, true);
      } catch (reason) {
        if (reason instanceof ApiError && reason.status === 409) {
          this._saveAs(place, revision, copyName(revision.path, revision.at));
          return;
        }
        throw reason;
      }
      this._announce(place, revision.path);
    });
  }

  createCheckpoint(place: IPlace): void {
    void this._askForCheckpoint(place);
  }

  bringBack(place: IPlace, checkpoint: ICheckpoint): void {
    const { api, documents, trans } = this._options;
    const name = checkpointName(checkpoint, trans);
    this._do(trans.__('The project was not brought back'), async () => {
      await documents.save(place.folder);
      const changes = await api.changes(place.projectId, checkpoint.id);
      if (!(await confirmReturn(name, changes, trans))) {
        return;
      }
      await documents.save(place.folder);
      const done = await api.bringBack(place.projectId, checkpoint.id);
      await Promise.all(done.removed.map(path => documents.close(`${place.folder}/${path}`)));
      await documents.reload(place.folder);
      this._options.onChange();
      await tellReturn(name, done, trans);
    });
  }

  deleteCheckpoint(place: IPlace, checkpoint: ICheckpoint): void {
    const { api, trans } = this._options;
    this._do(trans.__('The checkpoint was not deleted'), async () => {
      if (await confirmDeletion(checkpoint, checkpointName(checkpoint, trans), trans)) {
        await api.deleteCheckpoint(place.projectId, checkpoint.id);
      }
    });
  }

  private _saveAs(place: IPlace, revision: IRevision, suggestion: string): void {
    const { trans } = this._options;
    this._do(trans.__('The copy was not saved'), async () => {
      const label = trans.__('Path within the project “%1”', place.folder);
      const path = await askForPath(suggestion, label, trans);
      if (path !== null) {
        await this._options.api.restore(place.projectId, path, revision.id, true);
        this._announce(place, path);
      }
    });
  }

  private _announce(place: IPlace, path: string): void {
    const { trans } = this._options;
    Notification.success(trans.__('“%1” is saved.', path), {
      autoClose: 8000,
      actions: [{ label: trans.__('Open'), callback: () => this.open(place, path) }]
    });
  }

  /** Ask for a name until the server accepts it or the user gives up. */
  private async _askForCheckpoint(place: IPlace): Promise<void> {
    const { api, documents, trans } = this._options;
    let text: string | null = '';
    while ((text = await askForName(text, trans)) !== null) {
      try {
        await documents.save(place.folder);
        await api.createCheckpoint(place.projectId, text);
        break;
      } catch (reason) {
        await showErrorMessage(trans.__('The checkpoint was not made'), wordsOf(reason, this._options.trans));
      }
    }
    this._options.onChange();
  }

  /** Carry something out; what goes wrong is shown under the title. */
  private _do(title: string, what: () => Promise<void>): void {
    what()
      .catch((reason: unknown) => showErrorMessage(title, wordsOf(reason, this._options.trans)))
      .finally(() => this._options.onChange());
  }
}
