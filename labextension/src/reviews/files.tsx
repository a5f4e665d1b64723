/** The files of a round. */

import type { SubmissionModel } from './model.js';
import type { IProps } from './document.js';
import { pathOf } from './places.js';

export function Files({ model, trans }: IProps): JSX.Element {
  return (
    <nav className="platform-Submission-files" aria-label={trans.__('Files')}>
      <ul>
        {model.files.map(one => {
          const count = openThreads(model, one.path);
          return (
            <li key={one.path}>
              <button
                type="button"
                aria-current={one.path === model.path}
                onClick={() => void model.showFile(one.path)}
              >
                <span>{one.path}</span>
                {model.changedPaths.has(one.path) && !model.unseen.has(one.path) && (
                  <span className="platform-Changed" title={trans.__('Changed')}>
                    <span aria-hidden="true">●</span>
                    <span className="platform-Unseen">{trans.__('changed')}</span>
                  </span>
                )}
                {model.unseen.has(one.path) && (
                  <span
                    className="platform-Mark platform-mod-changed"
                    title={trans.__('Changed since you looked, in round %1', model.seen ?? 1)}
                  >
                    {trans.__('unseen')}
                  </span>
                )}
                {count > 0 && (
                  <span
                    className="platform-Count"
                    title={trans._n('%1 open thread', '%1 open threads', count)}
                  >
                    {count}
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
      {model.removedPaths.length > 0 && (
        <>
          <h2>{trans.__('Removed')}</h2>
          <ul>
            {model.removedPaths.map(path => <li key={path} className="platform-Removed">{path}</li>)}
          </ul>
        </>
      )}
    </nav>
  );
}

function openThreads(model: SubmissionModel, path: string): number {
  return model.threads.filter(one => pathOf(one) === path && !one.isResolved).length;
}
