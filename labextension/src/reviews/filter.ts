/** Which submissions somebody asks for. */

/** Which of other people's submissions are listed. */
export type Choice = 'waiting' | 'mine' | 'decided' | 'all';

/** All must hold; "" and 0 are any. */
export interface IFilter {
  readonly choice: Choice;
  /** The id of a project. */
  readonly project: string;
  /** The id of whoever submitted. */
  readonly learner: string;
  /** The id of a group that whoever submitted is in. */
  readonly group: string;
  /** The id of a reviewer, or NOBODY. */
  readonly reviewer: string;
  /** For how many hours nothing happened. */
  readonly hours: number;
}

export const NOBODY = 'nobody';

export const WAITING: IFilter = {
  choice: 'waiting',
  project: '',
  learner: '',
  group: '',
  reviewer: '',
  hours: 0
};

const CHOICES: Record<Choice, Record<string, string>> = {
  waiting: { state: 'submitted,in_review' },
  mine: { assigned: '1' },
  decided: { state: 'changes_requested,approved,withdrawn' },
  all: {}
};

/** A filter as the server reads it; whose task it is counts more than the name of a reviewer. */
export function queryOf(filter: IFilter): string {
  const { choice, project, learner, group, reviewer, hours } = filter;
  const fields = {
    ...CHOICES[choice],
    project,
    learner,
    group,
    reviewer: choice === 'mine' ? '' : reviewer,
    waiting: hours === 0 ? '' : `${hours}`
  };
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '')).toString();
}

/** How many of a filter's fields say something, besides the choice. */
export function countOf({ project, learner, group, reviewer, hours }: IFilter): number {
  return [project, learner, group, reviewer].filter(one => one !== '').length + Number(hours > 0);
}
