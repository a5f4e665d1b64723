/** The two parts of the page: who reviews, and what there are points for. */

import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState, type ReactNode } from 'react';

import { Honest, honest } from '../history/deceiving.js';
import { sumOf } from '../reviews/rubric.js';
import { Criteria } from './criteria.js';
import { numberFrom } from './draft.js';
import type { Editing } from './editing.js';
import { MOST_NAMED, type ReviewersModel } from './reviewers.js';
import { ASIDE, RESTORE, type RubricModel } from './rubric.js';
import { doneText } from './words.js';

const MANY = 12; // people among whom one is searched for

interface IProps<Model> {
  readonly model: Model;
  readonly trans: TranslationBundle;
}

/** Who reviews a project. */
export function Reviewers({ model, trans }: IProps<ReviewersModel>): JSX.Element {
  return (
    <Part title={trans.__('Reviewers')} model={model} trans={trans} isKnown={() => model.people !== null}>
      {() => <People model={model} trans={trans} />}
    </Part>
  );
}

function People({ model, trans }: IProps<ReviewersModel>): JSX.Element {
  const { named, gone, isFull } = model;
  const people = model.people ?? [];
  const [words, search] = useState('');
  const wanted = words.trim().toLowerCase();
  const found = people.filter(one => one.name.toLowerCase().includes(wanted));
  return (
    <>
      <p>
        {named.size - gone === 0
          ? trans.__('Nobody is chosen: the reviewers of your groups see what is submitted; without groups, all reviewers.')
          : trans.__('Only those who are chosen, and admins, see and review what is submitted.')}
      </p>
      {people.length > MANY && (
        <input
          type="search"
          aria-label={trans.__('Find a reviewer')}
          placeholder={trans.__('Find a reviewer')}
          value={words}
          onChange={event => search(event.target.value)}
        />
      )}
      <fieldset>
        <legend>{trans._n('%1 reviewer is chosen', '%1 reviewers are chosen', named.size - gone)}</legend>
        <ul className="platform-Desk-people">
          {found.map(one => (
            <li key={one.id}>
              <label>
                <input
                  type="checkbox"
                  checked={named.has(one.id)}
                  disabled={isFull && !named.has(one.id)}
                  onChange={event => model.set(one.id, event.target.checked)}
                />
                <span><Honest text={one.name} /></span>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      {people.length === 0 && <p>{trans.__('There is nobody who may review.')}</p>}
      {isFull && <p>{trans.__('A project names at most %1 reviewers.', MOST_NAMED)}</p>}
      {gone > 0 && (
        <p>
          {trans._n(
            '%1 who was named may not review any more, and is left out when you save.',
            '%1 who were named may not review any more, and are left out when you save.',
            gone
          )}
        </p>
      )}
    </>
  );
}

/** What points are given for. */
export function Rubric({ model, trans }: IProps<RubricModel>): JSX.Element {
  return (
    <Part
      title={trans.__('Rubric')}
      model={model}
      trans={trans}
      isKnown={() => model.draft !== null}
      remedy={() =>
        model.isStale && (
          <button type="button" className="platform-Button" onClick={() => void model.loadNewer()}>
            {trans.__('Load the newer one')}
          </button>
        )
      }
    >
      {() => <Draft model={model} trans={trans} />}
    </Part>
  );
}

function Draft({ model, trans }: IProps<RubricModel>): JSX.Element {
  const node = useRef<HTMLDivElement>(null);
  const draft = model.draft ?? [];
  useEffect(() => {
    const field = model.takeFocus();
    if (field !== null) {
      node.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"]`)?.focus();
    }
  });
  return (
    <div ref={node}>
      {draft.length === 0 ? (
        <Nothing model={model} trans={trans} />
      ) : (
        <p>
          {trans.__('Points at most: %1', sumOf(draft.map(one => numberFrom(one.points) ?? 0)))}
        </p>
      )}
      <Criteria draft={draft} model={model} trans={trans} />
      {model.hasAside && (
        <p>
          {trans.__('This is what somebody else saved. What you wrote is kept here until you save or close this.')}{' '}
          <button
            type="button"
            className="platform-Link"
            data-field={ASIDE}
            onClick={() => model.bringBack()}
          >
            {trans.__('Put back what I wrote')}
          </button>
        </p>
      )}
      <p className="platform-Desk-done">
        <span role="status">{doneText(model.done, trans)}</span>{' '}
        {model.mayRestore && (
          <button
            type="button"
            className="platform-Link"
            data-field={RESTORE}
            onClick={() => model.restore()}
          >
            {trans.__('Put it back')}
          </button>
        )}
      </p>
    </div>
  );
}

/** What counts where nothing is written. */
function Nothing({ model, trans }: IProps<RubricModel>): JSX.Element {
  const { inherited } = model;
  if (inherited.length === 0) {
    return <p>{trans.__('There are no criteria: a review gives no points.')}</p>;
  }
  const titles = inherited.map(one => honest(one.title)).join(', ');
  return (
    <p>
      {trans.__('Without criteria here, those of all projects count: %1.', titles)}{' '}
      <button type="button" className="platform-Link" onClick={() => model.startFromInherited()}>
        {trans.__('Start from them')}
      </button>
    </p>
  );
}

interface IPartProps extends IProps<Editing> {
  readonly title: string;
  readonly isKnown: () => boolean;
  /** What can be done about a problem. */
  readonly remedy?: () => ReactNode;
  readonly children: () => ReactNode;
}

/** Something that is edited, with what saves it. */
function Part({ title, model, trans, isKnown, remedy, children }: IPartProps): JSX.Element {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <UseSignal signal={model.changed}>
        {() => (
          <>
            {isKnown() ? children() : model.isBusy && <p>{trans.__('Looking…')}</p>}
            {model.problem !== '' && <p className="platform-Doubt" role="alert">{model.problem}</p>}
            {remedy?.()}
            {isKnown() && <Keep title={title} model={model} trans={trans} />}
          </>
        )}
      </UseSignal>
    </section>
  );
}

function Keep({ title, model, trans }: IProps<Editing> & { readonly title: string }): JSX.Element {
  return (
    <div className="platform-Desk-keep">
      <button
        type="button"
        className="platform-Button platform-mod-primary"
        aria-label={trans.__('Save: %1', title)}
        onClick={() => void model.save()}
      >
        {trans.__('Save')}
      </button>
      {model.isDirty && (
        <button
          type="button"
          className="platform-Link"
          aria-label={trans.__('Discard changes: %1', title)}
          onClick={() => model.discard()}
        >
          {trans.__('Discard changes')}
        </button>
      )}
      <span role="status">
        {model.isDirty ? trans.__('Not saved yet') : model.isSaved ? trans.__('Saved') : ''}
      </span>
    </div>
  );
}
