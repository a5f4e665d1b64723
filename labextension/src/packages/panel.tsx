/** The package panel. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

import { Note } from '../history/parts.js';
import { sizeText } from '../history/words.js';
import type { IListing } from './data.js';
import type { PackagesModel } from './model.js';
import { AddForm, PackageList, Policy, ProgressCard, type IPackageActions } from './parts.js';

export namespace PackagesPanel {
  export interface IOptions {
    readonly model: PackagesModel;
    readonly actions: IPackageActions;
    readonly trans: TranslationBundle;
  }
}

export class PackagesPanel extends ReactWidget {
  constructor(private readonly _options: PackagesPanel.IOptions) {
    super();
    this.id = 'platform-packages';
    this.addClass('platform-Packages');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._options.model.changed}>{() => <Panel {...this._options} />}</UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._options.model.isVisible = true;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._options.model.isVisible = false;
  }
}

type Props = PackagesPanel.IOptions;

function Panel(props: Props): JSX.Element {
  const { model, trans } = props;
  return (
    <>
      <header className="platform-Packages-head">
        <h2>{trans.__('Packages')}</h2>
        <span title={model.place?.folder}>{model.place?.folder}</span>
        <button
          type="button"
          className="platform-IconButton"
          aria-label={trans.__('Refresh')}
          title={trans.__('Refresh')}
          onClick={() => void model.refresh()}
        >
          <refreshIcon.react tag="span" aria-hidden="true" />
        </button>
      </header>
      <Content {...props} />
    </>
  );
}

function Content(props: Props): JSX.Element {
  const { actions, model, trans } = props;
  const { listing, place, progress, state } = model;
  if (place === null) {
    return <Note>{trans.__('Open a project to see what it has installed.')}</Note>;
  }
  return (
    <div className="platform-Packages-body" aria-busy={state.kind === 'loading'}>
      {place.mayWrite && <AddForm isBusy={model.isBusy} actions={actions} trans={trans} />}
      {progress !== null && <ProgressCard progress={progress} actions={actions} trans={trans} />}
      {state.kind === 'refused' && <Note role="alert">{state.message}</Note>}
      {listing === null && state.kind === 'loading' && <Note>{trans.__('Loading…')}</Note>}
      {listing !== null && <Listing {...props} listing={listing} mayChange={place.mayWrite} />}
    </div>
  );
}

interface IListingProps extends Props {
  readonly listing: IListing;
  readonly mayChange: boolean;
}

function Listing(props: IListingProps): JSX.Element {
  const { actions, listing, mayChange, model, trans } = props;
  const asked = listing.packages.filter(one => one.requested);
  const others = listing.packages.filter(one => !one.requested);
  const isLost = listing.packages.some(one => one.missing && one.fromIndex);
  const shared = { actions, mayChange, isBusy: model.isBusy, trans };
  return (
    <>
      {isLost && mayChange && !model.isBusy && (
        <Note role="status">
          {trans.__('Some packages were lost with the sandbox’s disk.')}{' '}
          <button type="button" className="platform-Link" onClick={actions.rebuild}>
            {trans.__('Install them again')}
          </button>
        </Note>
      )}
      {listing.packages.length === 0 && (
        <Note role="status">
          {trans.__('Nothing is installed beside what every sandbox has: numpy, pandas, matplotlib.')}
        </Note>
      )}
      {asked.length > 0 && (
        <section aria-label={trans.__('Installed')}>
          <h3>{trans.__('Installed')}</h3>
          <PackageList packages={asked} {...shared} />
        </section>
      )}
      {others.length > 0 && (
        <section aria-label={trans.__('What these need')}>
          <h3>{trans.__('What these need')}</h3>
          <PackageList packages={others} {...shared} />
        </section>
      )}
      <footer>
        {listing.packages.length > 0 && (
          <>
            <p>{trans.__('%1 in all', sizeText(listing.size))}</p>
            <button type="button" className="platform-Link" onClick={actions.exportFile}>
              {trans.__('Download requirements.txt')}
            </button>
          </>
        )}
        {mayChange && (
          <button type="button" className="platform-Link" onClick={actions.importFile}>
            {trans.__('Install from a requirements file…')}
          </button>
        )}
        <Policy policy={listing.policy} trans={trans} />
      </footer>
    </>
  );
}
