/** The list at the left: what waits for a review, and one's own submissions. */

import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import type { ReactNode } from 'react';

import { isUndecided, type INotice, type ISubmission } from './data.js';
import { Filters } from './filters.js';
import type { ReviewsModel } from './queue.js';
import { ageText, noticeText, stateText } from './words.js';

const MOST_NEWS = 8;

export namespace ReviewsPanel {
  export interface IOptions {
    readonly model: ReviewsModel;
    readonly trans: TranslationBundle;
    readonly submit: () => void;
    readonly open: (id: string, title: string) => void;
    /** Say who reviews a project, and what there are points for; with null for all projects. */
    readonly configure: (project: string | null) => void;
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

function List(props: ReviewsPanel.IOptions): JSX.Element {
  const { model, trans, submit } = props;
  const { own, mayReview } = model;
  return (
    <>
      <div className="platform-Reviews-head">
        <h2>{trans.__('Reviews')}</h2>
        <button type="button" className="platform-Button platform-mod-primary" onClick={submit}>
          {trans.__('Submit…')}
        </button>
      </div>
      {model.problem !== '' && <p className="platform-Note" role="alert">{model.problem}</p>}
      {mayReview && <Queue {...props} />}
      {own.length > 0 && (
        <Group title={trans.__('My submissions')}>
          {own.map(one => (
            <Item key={one.id} one={one} {...props}>
              {model.mayConfigure(one) && <Configure {...props} one={one} />}
            </Item>
          ))}
        </Group>
      )}
      <News {...props} />
      {model.isAdmin && (
        <button
          type="button"
          className="platform-Link platform-Reviews-configure"
          onClick={() => props.configure(null)}
        >
          {trans.__('Rubric of all projects')}
        </button>
      )}
      {!mayReview && own.length === 0 && (
        <p className="platform-Note">
          {trans.__('Nothing has been submitted. Submit a project to have it looked at.')}
        </p>
      )}
    </>
  );
}

/** Other people's submissions, as far as they are chosen. */
function Queue(props: ReviewsPanel.IOptions): JSX.Element {
  const { model, trans } = props;
  const { others } = model;
  return (
    <Group title={trans.__('To review')}>
      <Filters model={model} trans={trans} />
      {others.map(one => <Item key={one.id} one={one} isOthers {...props} />)}
      {others.length === 0 && (
        <li className="platform-Note" role="status">{trans.__('There are none.')}</li>
      )}
    </Group>
  );
}

function Group(props: { readonly title: string; readonly children: ReactNode }): JSX.Element {
  return (
    <section aria-label={props.title}>
      <h3>{props.title}</h3>
      <ul>{props.children}</ul>
    </section>
  );
}

function Item(
  props: ReviewsPanel.IOptions & {
    readonly one: ISubmission;
    readonly isOthers?: boolean;
    readonly children?: ReactNode;
  }
): JSX.Element {
  const { one, isOthers = false, children, model, trans, open } = props;
  const who = isOthers ? `${one.submitter.name} · ` : '';
  return (
    <li>
      <button
        type="button"
        className="platform-Reviews-item"
        onClick={() => open(one.id, one.projectName)}
      >
        <strong>{one.projectName}</strong>
        <span>
          {who}
          {trans.__('round %1', one.round)}
          {' · '}
          <time dateTime={one.updatedAt.toISOString()}>{ageText(one.updatedAt, new Date(), trans)}</time>
        </span>
        <span className={`platform-State platform-mod-${one.state}`}>
          {stateText(one.state, trans)}
          {isUndecided(one) && one.reviewer !== null && `: ${one.reviewer.name}`}
        </span>
      </button>
      {isOthers && model.mayClaim(one) && (
        <button
          type="button"
          className="platform-Link platform-Reviews-claim"
          aria-label={trans.__('Review %1', one.projectName)}
          onClick={() => void model.claim(one.id).then(() => open(one.id, one.projectName))}
        >
          {trans.__('Review this')}
        </button>
      )}
      {children}
    </li>
  );
}

function Configure(props: ReviewsPanel.IOptions & { readonly one: ISubmission }): JSX.Element {
  const { one, trans, configure } = props;
  return (
    <button
      type="button"
      className="platform-Link platform-Reviews-more"
      aria-label={trans.__('Reviewers and rubric of %1', one.projectName)}
      onClick={() => configure(one.project)}
    >
      {trans.__('Reviewers and rubric')}
    </button>
  );
}

function News({ model, trans, open }: ReviewsPanel.IOptions): JSX.Element | null {
  const { notices } = model;
  return notices.length === 0 ? null : (
    <Group title={trans.__('News')}>
      {notices.slice(0, MOST_NEWS).map((one, index) => (
        <li key={index}>
          <button
            type="button"
            className={`platform-Reviews-news${one.isRead ? '' : ' platform-mod-new'}`}
            onClick={() => open(one.submission, one.projectName)}
          >
            <strong>{one.projectName}:</strong> {noticeText(one, trans)}{' '}
            <time dateTime={one.at.toISOString()}>{ageOf(one, trans)}</time>
          </button>
        </li>
      ))}
    </Group>
  );
}

function ageOf(notice: INotice, trans: TranslationBundle): string {
  return ageText(notice.at, new Date(), trans);
}
