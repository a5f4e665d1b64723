/** The sandbox in the status bar. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';

import type { SandboxModel } from './model.js';
import { memoryText, percentText, stateText } from './words.js';

/** From which share of the memory on the bar warns. */
const NEARLY = 0.85;

/** Shows how the sandbox does; a click opens more. */
export class SandboxStatus extends ReactWidget {
  constructor(
    private readonly _model: SandboxModel,
    private readonly _trans: TranslationBundle,
    private readonly _open: () => void
  ) {
    super();
    this.addClass('platform-Sandbox');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => (
          <button
            type="button"
            aria-haspopup="dialog"
            title={this._trans.__('The sandbox of “%1”: click for more', this._model.folder)}
            onClick={this._open}
          >
            <Short model={this._model} trans={this._trans} />
          </button>
        )}
      </UseSignal>
    );
  }
}

function Short(props: {
  readonly model: SandboxModel;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { sandbox, cpu } = model;
  if (!sandbox?.usage) {
    return <span>{stateText(sandbox, trans)}</span>;
  }
  const { usage, limits } = sandbox;
  const share = limits.memory > 0 ? usage.memory / limits.memory : 0;
  return (
    <>
      <span>{trans.__('CPU %1', cpu === null ? '–' : percentText(cpu))}</span>
      <Bar share={share} />
      <span>{memoryText(usage.memory, limits.memory, trans)}</span>
    </>
  );
}

/** How much of something is used; what it is stands in the text beside it. */
export function Bar({ share }: { readonly share: number }): JSX.Element {
  const width = `${Math.min(100, Math.max(0, share * 100))}%`;
  const level = share >= NEARLY ? 'platform-mod-warning' : '';
  return (
    <span className={`platform-Sandbox-bar ${level}`} aria-hidden="true">
      <span style={{ width }} />
    </span>
  );
}
