/** All about the sandbox of the project in front, and what can be done with it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';

import { evidenceLines } from '../endings/words.js';
import type { ISandbox } from './data.js';
import type { SandboxModel } from './model.js';
import { Bar } from './widget.js';
import { memoryText, momentText, percentText, stateText } from './words.js';

/** What the buttons do. */
export interface IActions {
  readonly start: () => void;
  readonly restart: () => void;
  readonly stop: () => void;
  readonly keep: () => void;
}

/** Shows what is used of what there is, until when, and why the last sandbox ended. */
export class SandboxDetails extends ReactWidget {
  constructor(
    private readonly _model: SandboxModel,
    private readonly _trans: TranslationBundle,
    private readonly _actions: IActions
  ) {
    super();
    this.addClass('platform-Sandbox-details');
    this.node.setAttribute('role', 'dialog');
    this.node.setAttribute('aria-label', _trans.__('Sandbox'));
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => (
          <>
            <h3>
              {stateText(this._model.sandbox, this._trans)}
              <small>{this._model.folder}</small>
            </h3>
            <Meters model={this._model} trans={this._trans} />
            <Times model={this._model} trans={this._trans} />
            <Buttons model={this._model} trans={this._trans} actions={this._actions} />
          </>
        )}
      </UseSignal>
    );
  }
}

interface IProps {
  readonly model: SandboxModel;
  readonly trans: TranslationBundle;
}

function Meters({ model, trans }: IProps): JSX.Element | null {
  const { sandbox } = model;
  return sandbox === null ? null : (
    <table>
      <tbody>
        {metersOf(sandbox, model.cpu, trans).map(({ name, share, text }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{share !== null && <Bar share={share} />}</td>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface IMeter {
  readonly name: string;
  /** Null: nothing is measured, and the text has the limit only. */
  readonly share: number | null;
  readonly text: string;
}

function metersOf(
  { limits, usage }: ISandbox,
  cpu: number | null,
  trans: TranslationBundle
): IMeter[] {
  const cpus = trans._n('%1 processor', '%1 processors', limits.cpus);
  const meters = [
    {
      name: trans.__('CPU'),
      share: cpu,
      text: cpu === null ? cpus : trans.__('%1 of %2', percentText(cpu), cpus)
    },
    {
      name: trans.__('Memory'),
      share: usage && usage.memory / limits.memory,
      text: memoryText(usage?.memory ?? 0, limits.memory, trans)
    },
    {
      name: trans.__('Processes'),
      share: usage && usage.pids / limits.pids,
      text: trans.__('%1 of %2', usage?.pids ?? 0, limits.pids)
    }
  ];
  const disk = usage?.disk;
  return disk
    ? [
        ...meters,
        {
          name: trans.__('Files'),
          share: disk.bytes / disk.quota,
          text: memoryText(disk.bytes, disk.quota, trans)
        }
      ]
    : meters;
}

function Times({ model, trans }: IProps): JSX.Element {
  const now = new Date();
  const { sandbox, lastEnd, isAlive } = model;
  const stops = sandbox?.stops;
  return (
    <dl>
      {isAlive && sandbox?.startedAt && (
        <>
          <dt>{trans.__('Started')}</dt>
          <dd>{momentText(sandbox.startedAt, now)}</dd>
        </>
      )}
      {stops?.idleAt && (
        <>
          <dt>{trans.__('Stops')}</dt>
          <dd>{trans.__('%1, unless it is used', momentText(stops.idleAt, now))}</dd>
        </>
      )}
      {stops?.expiresAt && (
        <>
          <dt>{trans.__('Ends')}</dt>
          <dd>{trans.__('%1 in any case', momentText(stops.expiresAt, now))}</dd>
        </>
      )}
      {lastEnd && (
        <>
          <dt>{isAlive ? trans.__('The one before') : trans.__('Why it ended')}</dt>
          <dd>
            {lastEnd.detail}
            {evidenceLines(lastEnd, trans).map(line => <p key={line}>{line}</p>)}
          </dd>
        </>
      )}
    </dl>
  );
}

function Buttons({ model, trans, actions }: IProps & { readonly actions: IActions }): JSX.Element {
  if (!model.isAlive) {
    return (
      <footer>
        <button type="button" className="platform-Button" onClick={actions.start}>
          {trans.__('Start')}
        </button>
      </footer>
    );
  }
  return (
    <footer>
      {model.sandbox?.stops?.idleAt && (
        <button type="button" className="platform-Button" onClick={actions.keep}>
          {trans.__('Keep working')}
        </button>
      )}
      <button type="button" className="platform-Button" onClick={actions.restart}>
        {trans.__('Restart…')}
      </button>
      <button type="button" className="platform-Button" onClick={actions.stop}>
        {trans.__('Stop…')}
      </button>
    </footer>
  );
}
