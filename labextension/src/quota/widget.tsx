/** The project's quota in the status bar, and what to do when it is full. */

import { Dialog, ReactWidget, showDialog, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import { levelOf, shareOf, type IUsage, type QuotaModel } from './model.js';

/** Shows how much is used, with a word of warning where there is reason to. */
export class QuotaStatus extends ReactWidget {
  constructor(
    private readonly _model: QuotaModel,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('platform-Quota');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => {
          const { usage, folder } = this._model;
          return usage === null ? null : <Status usage={usage} folder={folder} trans={this._trans} />;
        }}
      </UseSignal>
    );
  }
}

interface IProps {
  readonly usage: IUsage;
  readonly folder: string;
  readonly trans: TranslationBundle;
}

function Status({ usage, folder, trans }: IProps): JSX.Element {
  const level = levelOf(usage);
  const text = trans.__('%1 of %2', sizeText(usage.bytes), sizeText(usage.most.bytes));
  const warning = level === 'full' ? trans.__('Project full') : trans.__('Project nearly full');
  return (
    <button
      type="button"
      className={level === 'fine' ? '' : 'platform-mod-warning'}
      title={trans.__('Files of the project “%1”: click for more', folder)}
      onClick={() => void showQuota({ usage, folder, trans })}
    >
      {level === 'fine' ? text : `⚠ ${warning}: ${text}`}
    </button>
  );
}

/** Say how much is used, and what can be done. */
export async function showQuota(props: IProps): Promise<void> {
  const { folder, trans } = props;
  await showDialog({
    title: trans.__('What the project “%1” uses', folder),
    body: ReactWidget.create(<Details {...props} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

function Details({ usage, trans }: IProps): JSX.Element {
  const { bytes, files, most, notKept } = usage;
  const meters = [
    { name: trans.__('Size'), value: bytes, of: most.bytes, text: sizeText },
    { name: trans.__('Files'), value: files, of: most.files, text: (one: number) => one.toLocaleString() }
  ];
  return (
    <div className="platform-Dialog platform-Quota-details">
      {meters.map(({ name, value, of, text }) => (
        <label key={name}>
          <span>{trans.__('%1: %2 of %3', name, text(value), text(of))}</span>
          <meter min={0} max={of} high={of * 0.9} value={Math.min(value, of)} />
        </label>
      ))}
      <p>{trans.__('Earlier states of files do not count, nor do packages that can be installed again.')}</p>
      {notKept.files > 0 && (
        <>
          <h4>
            {trans._n(
              '%1 file that code wrote is in the sandbox only, as there is no room for it:',
              '%1 files that code wrote are in the sandbox only, as there is no room for them:',
              notKept.files
            )}
          </h4>
          <ul>
            {notKept.paths.map(path => <li key={path}>{path}</li>)}
          </ul>
        </>
      )}
      {levelOf(usage) !== 'fine' && (
        <p>
          {trans.__(
            'Make room by deleting files that you no longer need: they stay in the history for a while. Or download the project as a zip file, or ask an administrator for more.'
          )}
        </p>
      )}
    </div>
  );
}

/** One sentence for a notification. */
export function warningText({ usage, folder, trans }: IProps): string {
  if (usage.notKept.files > 0) {
    return trans.__('The project “%1” is full: some of what code wrote could not be kept.', folder);
  }
  const share = Math.floor(shareOf(usage) * 100);
  return trans.__('The project “%1” uses %2 % of what it may. When it is full, nothing can be saved.', folder, share);
}
