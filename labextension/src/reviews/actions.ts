/** What a reader does with a submission. */

import type { IDecided, ISaid, ITarget, ReviewApi } from './restapi.js';
import type { IThread } from './said.js';

/** What is acted on, and what follows: the submission's model is one. */
export interface IActedOn {
  readonly id: string;
  readonly round: number;
  /** Act, then show what has become of the submission; resolves with whether the server took it. */
  run(act: () => Promise<void>): Promise<boolean>;
}

/** Every method resolves with whether the server took it; a refusal is the model's problem. */
export class Actions {
  constructor(
    private readonly _api: ReviewApi,
    private readonly _on: IActedOn
  ) {}

  /** Say something about what is shown. */
  comment(target: ITarget, said: ISaid): Promise<boolean> {
    return this._on.run(() => this._api.comment(this._on.id, this._on.round, target, said));
  }

  answer(thread: IThread, body: string): Promise<boolean> {
    const [first] = thread.comments;
    return this._on.run(() => this._api.answer(this._on.id, first?.id ?? '', body));
  }

  edit(comment: string, said: ISaid): Promise<boolean> {
    return this._on.run(() => this._api.edit(this._on.id, comment, said));
  }

  remove(comment: string): Promise<boolean> {
    return this._on.run(() => this._api.remove(this._on.id, comment));
  }

  apply(comment: string): Promise<boolean> {
    return this._on.run(() => this._api.apply(this._on.id, comment));
  }

  resolve(thread: IThread): Promise<boolean> {
    return this._on.run(() => this._api.resolve(this._on.id, thread.id, !thread.isResolved));
  }

  claim(): Promise<boolean> {
    return this._on.run(() => this._api.claim(this._on.id));
  }

  release(): Promise<boolean> {
    return this._on.run(() => this._api.release(this._on.id));
  }

  /** Make it somebody's task. */
  assign(reviewer: string): Promise<boolean> {
    return this._on.run(() => this._api.assign(this._on.id, reviewer));
  }

  withdraw(): Promise<boolean> {
    return this._on.run(() => this._api.withdraw(this._on.id));
  }

  decide(decided: IDecided): Promise<boolean> {
    return this._on.run(() => this._api.decide(this._on.id, this._on.round, decided));
  }

  /** Run the round again, to see whether it reproduces. */
  checkAgain(): Promise<boolean> {
    return this._on.run(() => this._api.checkAgain(this._on.id, this._on.round));
  }

  cancelCheck(): Promise<boolean> {
    return this._on.run(() => this._api.cancelCheck(this._on.id, this._on.round));
  }
}
