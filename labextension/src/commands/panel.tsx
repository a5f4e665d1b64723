/** The panel: what one has typed in the project's terminals, to be found and used again. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, deleteIcon, refreshIcon, type LabIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

import { durationText, insertable, type ICommand } from './data.js';
import type { CommandsModel } from './model.js';

export namespace CommandsPanel {
  export interface IOptions {
    readonly model: CommandsModel;
    readonly trans: TranslationBundle;
    /** Put a command line into a terminal, and do not run it. */
    readonly insert: (text: string) => void;
    readonly copy: (text: string) => void;
    readonly forgetAll: () => void;
  }
}

export class CommandsPanel extends ReactWidget {
  constructor(private readonly _options: CommandsPanel.IOptions) {
    super();
    this.id = 'platform-commands';
    this.addClass('platform-History');
    this.addClass('platform-Commands');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._options.model.changed}>{() => <Panel {...this._options} />}</UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this._options.model.refresh();
  }
}

type Props = CommandsPanel.IOptions;

function Panel(props: Props): JSX.Element {
  const { model, trans, forgetAll } = props;
  return (
    <>
      <header className="platform-History-head">
        <h2>{model.project?.folder ?? trans.__('Commands')}</h2>
        <Button icon={refreshIcon} label={trans.__('Refresh')} onClick={() => void model.refresh()} />
      </header>
      <input
        type="search"
        className="jp-mod-styled platform-Commands-words"
        placeholder={trans.__('Search commands')}
        aria-label={trans.__('Search commands')}
        value={model.words}
        onChange={event => void model.look(event.target.value)}
      />
      {model.problem !== '' && <p className="platform-Note" role="alert">{model.problem}</p>}
      <div className="platform-History-body">
        <List {...props} />
        {model.page.more && (
          <button
            type="button"
            className="platform-Button platform-History-more"
            onClick={() => void model.more()}
          >
            {trans.__('Show older ones')}
          </button>
        )}
        {model.page.commands.length > 0 && (
          <button
            type="button"
            className="platform-Button platform-History-more"
            onClick={forgetAll}
          >
            {trans.__('Forget all…')}
          </button>
        )}
      </div>
    </>
  );
}

function List(props: Props): JSX.Element {
  const { model, trans } = props;
  if (model.page.commands.length > 0) {
    return (
      <ul aria-label={trans.__('Commands')}>
        {model.page.commands.map(command => (
          <Line key={command.id} {...props} command={command} />
        ))}
      </ul>
    );
  }
  return <p className="platform-Note">{emptyText(model, trans)}</p>;
}

function emptyText(model: CommandsModel, trans: TranslationBundle): string {
  if (model.project === null) {
    return trans.__('Open a project or a terminal to see what was typed there.');
  }
  if (!model.isKnown) {
    return trans.__('Loading…');
  }
  return model.words.trim() === ''
    ? trans.__(
        'What you type in this project’s terminals is listed here, for you alone. ' +
          'Begin a command with a space, and it is not.'
      )
    : trans.__('No command has all these words.');
}

function Line(props: Props & { readonly command: ICommand }): JSX.Element {
  const { model, trans, insert, copy, command } = props;
  const text = insertable(command.text);
  const failed = command.exitCode !== 0;
  return (
    <li className="platform-Commands-line">
      <button
        type="button"
        className="platform-History-item"
        disabled={text === null}
        title={
          text === null
            ? trans.__('This has several lines and would run at once: copy it.')
            : trans.__('Put it into the terminal, without running it')
        }
        onClick={() => text !== null && insert(text)}
      >
        <code>{command.text}</code>
        <span className="platform-History-who">
          {[
            command.at.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' }),
            command.cwd,
            durationText(command.milliseconds),
            failed ? trans.__('exit code %1', command.exitCode) : ''
          ]
            .filter(part => part !== '')
            .join(' · ')}
        </span>
      </button>
      <span className="platform-Commands-tools">
        <Button icon={copyIcon} label={trans.__('Copy')} onClick={() => copy(command.text)} />
        <Button
          icon={deleteIcon}
          label={trans.__('Forget')}
          onClick={() => void model.forget(command.id)}
        />
      </span>
    </li>
  );
}

interface IButtonProps {
  readonly icon: LabIcon;
  readonly label: string;
  readonly onClick: () => void;
}

function Button({ icon, label, onClick }: IButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="platform-IconButton"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <icon.react tag="span" aria-hidden="true" />
    </button>
  );
}
