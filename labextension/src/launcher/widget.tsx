/** The launcher, which at the top shows projects first: everything new goes into one. */

import { Launcher } from '@jupyterlab/launcher';
import type { ILauncher } from '@jupyterlab/launcher';
import { nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { addIcon, classes, folderIcon } from '@jupyterlab/ui-components';

import { ProjectCommands, type IProjects } from '../projects/tokens.js';

export namespace ProjectLauncher {
  export interface IOptions extends ILauncher.IOptions {
    readonly projects: IProjects;
  }
}

export class ProjectLauncher extends Launcher {
  constructor(options: ProjectLauncher.IOptions) {
    super(options);
    this._projects = options.projects;
    this._run = (command, project) => void options.commands.execute(command, { project });
    this._text = (options.translator ?? nullTranslator).load('platform');
    this.addClass('platform-Launcher');
    this._projects.changed.connect(this.update, this);
  }

  /** Where the cards start things: at the top, in the preferred project. */
  override get cwd(): string {
    return super.cwd === '' ? (this._projects?.preferred ?? '') : super.cwd;
  }

  override set cwd(path: string) {
    super.cwd = path;
  }

  protected override render(): JSX.Element | null {
    const { folders } = this._projects;
    if (super.cwd !== '' || folders === null) {
      return super.render();
    }
    const create = () => this._run(ProjectCommands.create, '');
    if (folders.length === 0) {
      return <Welcome trans={this._text} onCreate={create} />;
    }
    return (
      <>
        <Shelf
          folders={folders}
          current={this.cwd}
          trans={this._text}
          onCreate={create}
          onOpen={project => this._run(ProjectCommands.open, project)}
        />
        {super.render()}
      </>
    );
  }

  private readonly _projects: IProjects;
  private readonly _run: (command: string, project: string) => void;
  private readonly _text: TranslationBundle;
}

interface IWelcomeProps {
  readonly trans: TranslationBundle;
  readonly onCreate: () => void;
}

function Welcome({ trans, onCreate }: IWelcomeProps): JSX.Element {
  return (
    <section className="platform-Welcome" aria-labelledby="platform-welcome-title">
      <folderIcon.react tag="span" aria-hidden="true" />
      <h2 id="platform-welcome-title">{trans.__('Start with a project')}</h2>
      <p>
        {trans.__(
          'A project holds your notebooks and files, and runs them in a sandbox of its own. Nobody else sees it unless you share it.'
        )}
      </p>
      <button type="button" className="platform-Button platform-mod-primary" onClick={onCreate}>
        {trans.__('Create your first project')}
      </button>
    </section>
  );
}

interface IShelfProps extends IWelcomeProps {
  readonly folders: readonly string[];
  readonly current: string;
  readonly onOpen: (project: string) => void;
}

function Shelf({ folders, current, trans, onCreate, onOpen }: IShelfProps): JSX.Element {
  return (
    <nav className="platform-Shelf" aria-label={trans.__('Projects')}>
      <h2>{trans.__('Projects')}</h2>
      <ul>
        {folders.map(folder => (
          <li key={folder}>
            <button
              type="button"
              className={classes('platform-Shelf-item', folder === current && 'platform-mod-current')}
              aria-current={folder === current}
              title={trans.__('Open %1', folder)}
              onClick={() => onOpen(folder)}
            >
              <folderIcon.react tag="span" aria-hidden="true" />
              <span>{folder}</span>
            </button>
          </li>
        ))}
        <li>
          <button type="button" className="platform-Shelf-item platform-mod-new" onClick={onCreate}>
            <addIcon.react tag="span" aria-hidden="true" />
            <span>{trans.__('New project')}</span>
          </button>
        </li>
      </ul>
    </nav>
  );
}
