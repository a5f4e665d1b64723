/** The item of the status bar about saves that wait on the server. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';

import type { StorageModel } from './model.js';

/** Says that saves wait, and nothing when none does. */
export class StorageStatus extends ReactWidget {
  constructor(
    private readonly _model: StorageModel,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('platform-StorageStatus');
  }

  protected override render(): JSX.Element {
    return <UseSignal signal={this._model.changed}>{() => this._text()}</UseSignal>;
  }

  private _text(): JSX.Element | null {
    const { files, since } = this._model.storage;
    if (since === null) {
      return null;
    }
    const time = since.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const more = this._trans.__(
      'Nothing is lost: %1 saved files wait on this server, and get to the project store by themselves as soon as it answers.',
      files
    );
    return (
      <span className="jp-StatusBar-TextItem" role="status" title={more}>
        {this._trans.__(
          'Saved on this server only – the project store does not answer (since %1)',
          time
        )}
      </span>
    );
  }
}
