/** The list at the left: what waits for a review, and one's own submissions. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import type { ISubmission } from './data.js';
import type { ReviewsModel } from './model.js';
import { stateText } from './words.js';

export namespace ReviewsPanel {
  export interface IOptions {
    readonly model: ReviewsModel;
    readonly trans: TranslationBundle;
    readonly submit: () => void;
    readonly open: (submission: ISubmission) => void;
  }
}

export class ReviewsPanel extends ReactWidget {
  constructor(private readonly _options: ReviewsPanel.IOptions) {
    super();
    this.id = 'platform-reviews';
    this.addClass('platform-Reviews');
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._options.model.changed}>{() => <List {...this._options} />}</UseSignal>
    );
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    const { model } = this._options;
    void model.refresh().then(() => model.markRead());
  }
}

function List({ model, trans, submit, open }: ReviewsPanel.IOptions): JSX.Element {
  const { own, others } = model;
  const waiting = others.filter(one => one.state === 'submitted' || one.state === 'in_review');
  const done = others.filter(one => !waiting.includes(one));
  return (
    <>
      <header>
        <h2>{trans.__('Reviews')}</h2>
        <button type="button" className="platform-Button platform-mod-primary" onClick={submit}>
          {trans.__('Submit…')}
        </button>
      </header>
      {model.problem !== '' && <p className="platform-Note" role="alert">{model.problem}</p>}
      <Group title={trans.__('Waiting for a review')} list={waiting} trans={trans} open={open} />
      <Group title={trans.__('My submissions')} list={own} trans={trans} open={open} />
      <Group title={trans.__('Reviewed')} list={done} trans={trans} open={open} />
      {own.length + others.length === 0 && (
        <p className="platform-Note">
          {trans.__('Nothing has been submitted. Submit a project to have it looked at.')}
        </p>
      )}
    </>
  );
}

interface IGroupProps {
  readonly title: string;
  readonly list: readonly ISubmission[];
  readonly trans: TranslationBundle;
  readonly open: (submission: ISubmission) => void;
}

function Group({ title, list, trans, open }: IGroupProps): JSX.Element | null {
  if (list.length === 0) {
    return null;
  }
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {list.map(one => (
          <li key={one.id}>
            <button type="button" className="platform-Reviews-item" onClick={() => open(one)}>
              <strong>{one.projectName}</strong>
              <span>{trans.__('%1, round %2', one.submitter.name, one.round)}</span>
              <span className={`platform-State platform-mod-${one.state}`}>
                {stateText(one.state, trans)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
