/** Which files have changed since a checkpoint, in the main area. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { wordsOf } from '../server/words.js';
import type { IChange, IChanges, ICheckpoint } from './data.js';
import { checkpointName } from './checkpointlist.js';
import { shortTime } from './words.js';

export namespace ChangesView {
  export interface IOptions {
    readonly checkpoint: ICheckpoint;
    readonly load: () => Promise<IChanges>;
    /** Compare a file's state in the checkpoint with what is there. */
    readonly compare: (change: IChange) => void;
    /** Show a state. */
    readonly view: (change: IChange) => void;
    readonly trans: TranslationBundle;
  }
}

export class ChangesView extends ReactWidget {
  constructor(private readonly _options: ChangesView.IOptions) {
    super();
    this.addClass('platform-Past');
    this.node.tabIndex = 0;
    this._text = _options.trans.__('Comparing…');
    _options.load().then(
      changes => this._show(changes, ''),
      (reason: unknown) => this._show(null, wordsOf(reason, _options.trans))
    );
  }

  protected override render(): JSX.Element {
    const { checkpoint, trans } = this._options;
    return (
      <>
        <header className="platform-Past-head">
          <div>
            <h2>{checkpointName(checkpoint, trans)}</h2>
            <p>{trans.__('What has changed since %1', shortTime(checkpoint.at))}</p>
          </div>
        </header>
        {this._changes === null ? (
          <p className="platform-Note" role="status">{this._text}</p>
        ) : (
          <Lists {...this._options} changes={this._changes} />
        )}
      </>
    );
  }

  private _show(changes: IChanges | null, text: string): void {
    this._changes = changes;
    this._text = text;
    if (!this.isDisposed) {
      this.update();
    }
  }

  private _changes: IChanges | null = null;
  private _text: string;
}

function Lists(props: ChangesView.IOptions & { readonly changes: IChanges }): JSX.Element {
  const { changes, compare, view, trans } = props;
  const lists = [
    { title: trans.__('Changed'), sign: '±', items: changes.changed, open: compare },
    { title: trans.__('Deleted since'), sign: '−', items: changes.missing, open: view },
    { title: trans.__('New since'), sign: '+', items: changes.extra, open: view }
  ].filter(list => list.items.length > 0);
  if (lists.length === 0) {
    return <p className="platform-Note" role="status">{trans.__('Nothing has changed.')}</p>;
  }
  return (
    <>
      {lists.map(({ title, sign, items, open }) => (
        <section key={title} className="platform-Changes" aria-label={title}>
          <h3>{trans.__('%1 (%2)', title, items.length)}</h3>
          <ul>
            {items.map(item => (
              <li key={item.path}>
                <span aria-hidden="true">{sign}</span>
                <button type="button" className="platform-Link" onClick={() => open(item)}>
                  {item.path}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}
