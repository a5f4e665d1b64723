/** The head of the file browser at the top, where the folders are projects. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon } from '@jupyterlab/ui-components';

import type { IProjects } from './tokens.js';

export namespace ProjectsHead {
  export interface IOptions {
    readonly projects: IProjects;
    readonly trans: TranslationBundle;
    /** Called when the user wants a new project. */
    readonly onCreate: () => void;
  }
}

/** Says that the folders below are projects, and makes new ones. */
export class ProjectsHead extends ReactWidget {
  constructor(private readonly _options: ProjectsHead.IOptions) {
    super();
    this.addClass('platform-ProjectsHead');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._options.projects.changed}>{() => <Head {...this._options} />}</UseSignal>
    );
  }
}

function Head({ projects, trans, onCreate }: ProjectsHead.IOptions): JSX.Element {
  return (
    <>
      <div className="platform-ProjectsHead-row">
        <h2>{trans.__('Projects')}</h2>
        <button type="button" className="platform-Button" onClick={onCreate}>
          <addIcon.react tag="span" aria-hidden="true" />
          {trans.__('New project')}
        </button>
      </div>
      {projects.folders?.length === 0 && (
        <p>
          {trans.__('You have no project yet. A project holds your files and runs in a sandbox of its own.')}
        </p>
      )}
    </>
  );
}
