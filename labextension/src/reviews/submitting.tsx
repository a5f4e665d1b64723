/** The dialog that submits a project: what goes in, what changed, and a word to the reviewer. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { sizeText } from '../history/words.js';
import type { IPreview } from './data.js';

const MOST = 200; // files that are listed

/** What is asked about. */
export interface IAsked {
  readonly preview: IPreview;
  readonly folder: string;
  /** What was written before, and not submitted. */
  readonly message: string;
  /** Goes to who reviews it; null where that is not for the user to say. */
  readonly configure: (() => void) | null;
}

/** What the user wants. */
export interface IAnswer {
  readonly message: string;
  readonly isSubmitted: boolean;
}

/** Show what would be submitted, and ask for a message. */
export async function askForMessage(asked: IAsked, trans: TranslationBundle): Promise<IAnswer> {
  const { preview } = asked;
  const body = new SubmitForm(asked, trans, () => dialog.reject());
  const dialog = new Dialog<string>({
    title:
      preview.round > 1
        ? trans.__('Submit round %1 for review', preview.round)
        : trans.__('Submit for review'),
    body,
    focusNodeSelector: 'textarea',
    buttons: maySubmit(preview)
      ? [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Submit') })]
      : [Dialog.okButton({ label: trans.__('Close'), accept: false })]
  });
  const { button, value } = await dialog.launch();
  return { message: value ?? body.getValue(), isSubmitted: button.accept };
}

function maySubmit({ files, isWaiting, unkept }: IPreview): boolean {
  return files.length > 0 && !isWaiting && unkept.length === 0;
}

class SubmitForm extends ReactWidget {
  constructor(
    private readonly _asked: IAsked,
    private readonly _trans: TranslationBundle,
    private readonly _close: () => void
  ) {
    super();
    this.addClass('platform-Submit');
    this._message = _asked.message;
  }

  getValue(): string {
    return this._message;
  }

  protected override render(): JSX.Element {
    const { _trans: trans } = this;
    const { preview, folder, configure } = this._asked;
    return (
      <>
        <p>{trans.__('All files of “%1” as they are now. They never change for the reviewer.', folder)}</p>
        <Warnings preview={preview} trans={trans} />
        <Contents preview={preview} trans={trans} />
        {maySubmit(preview) && (
          <label>
            {trans.__('What should your reviewer know?')}
            {/* Enter is for lines here, and not for the dialog. */}
            <textarea
              rows={4}
              maxLength={5000}
              defaultValue={this._message}
              onChange={event => {
                this._message = event.target.value;
              }}
              onKeyDown={event => event.stopPropagation()}
            />
          </label>
        )}
        {configure !== null && (
          <button
            type="button"
            className="platform-Link"
            onClick={() => {
              this._close();
              configure();
            }}
            onKeyDown={event => event.stopPropagation()}
          >
            {trans.__('Reviewers and rubric…')}
          </button>
        )}
      </>
    );
  }

  private _message: string;
}

interface IProps {
  readonly preview: IPreview;
  readonly trans: TranslationBundle;
}

function Warnings({ preview, trans }: IProps): JSX.Element | null {
  const { files, isWaiting, unkept, changed } = preview;
  const isSame =
    changed !== null && changed.added.length + changed.changed.length + changed.removed.length === 0;
  const texts = [
    isWaiting &&
      trans.__('Round %1 waits for its decision. Withdraw it to submit again.', preview.round),
    files.length === 0 && trans.__('There is nothing in this project to submit.'),
    unkept.length > 0 &&
      trans.__('The project is full: these files are in its sandbox only: %1', unkept.join(', ')),
    isSame && !isWaiting && trans.__('Nothing has changed since the round before.')
  ].filter(one => one !== false);
  return texts.length === 0 ? null : (
    <div role="alert">
      {texts.map(one => <p key={one} className="platform-Doubt">{one}</p>)}
    </div>
  );
}

function Contents({ preview, trans }: IProps): JSX.Element {
  const { files, changed } = preview;
  const size = files.reduce((sum, one) => sum + one.size, 0);
  const kinds = new Map<string, string>([
    ...(changed?.added ?? []).map((path): [string, string] => [path, trans.__('new')]),
    ...(changed?.changed ?? []).map((path): [string, string] => [path, trans.__('changed')])
  ]);
  const changedFirst = [...files].sort(
    (one, other) => Number(kinds.has(other.path)) - Number(kinds.has(one.path))
  );
  return (
    <details open={files.length <= 12}>
      <summary>
        {trans._n('%1 file', '%1 files', files.length)}, {sizeText(size)}
        {changed !== null && `, ${trans.__('%1 changed', kinds.size + changed.removed.length)}`}
      </summary>
      <table>
        <tbody>
          {changedFirst.slice(0, MOST).map(one => (
            <tr key={one.path}>
              <td>{one.path}</td>
              <td>{sizeText(one.size)}</td>
              <td>{kinds.get(one.path) ?? ''}</td>
            </tr>
          ))}
          {(changed?.removed ?? []).slice(0, MOST).map(path => (
            <tr key={path}>
              <td className="platform-Removed">{path}</td>
              <td />
              <td>{trans.__('removed')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {files.length > MOST && (
        <p className="platform-Note">{trans.__('%1 more', files.length - MOST)}</p>
      )}
    </details>
  );
}
