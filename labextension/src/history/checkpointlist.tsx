/** The checkpoints of the project in front. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { ICheckpoint } from './data.js';
import { Empty, Tool, Tools, type IListProps } from './parts.js';
import { exactTime, shortTime } from './words.js';

export function Checkpoints(props: IListProps): JSX.Element {
  const { model, actions, place, trans } = props;
  return (
    <>
      {place.mayWrite && (
        <button
          type="button"
          className="platform-Button platform-History-new"
          onClick={() => actions.createCheckpoint(place)}
        >
          {trans.__('New checkpoint…')}
        </button>
      )}
      <Empty {...props} isEmpty={model.checkpoints.length === 0}>
        {trans.__('A checkpoint gives all files of the project, as they are now, a name to come back to.')}
      </Empty>
      <ul>
        {model.checkpoints.map(one => (
          <Checkpoint key={one.id} {...props} checkpoint={one} />
        ))}
      </ul>
    </>
  );
}

function Checkpoint(props: IListProps & { readonly checkpoint: ICheckpoint }): JSX.Element {
  const { model, actions, place, checkpoint, trans } = props;
  const isSelected = model.selected === checkpoint.id;
  return (
    <li className={isSelected ? 'platform-mod-selected' : ''}>
      <button
        type="button"
        className="platform-History-item"
        aria-expanded={isSelected}
        title={exactTime(checkpoint.at)}
        onClick={() => model.select(isSelected ? null : checkpoint.id)}
      >
        <span className="platform-History-when">{checkpointName(checkpoint, trans)}</span>
        <span className="platform-History-who">
          {shortTime(checkpoint.at)}
          {checkpoint.author !== '' && ` · ${checkpoint.author}`}
        </span>
        <span className="platform-History-what">
          {checkpoint.isAutomatic && (
            <span className="platform-Origin">{trans.__('automatic')}</span>
          )}
          <span>{trans._n('%1 file', '%1 files', checkpoint.files)}</span>
        </span>
      </button>
      {isSelected && (
        <Tools label={trans.__('What to do with this checkpoint')}>
          <Tool onClick={() => actions.compareCheckpoint(place, checkpoint)}>
            {trans.__('What has changed since?')}
          </Tool>
          {place.mayWrite && (
            <Tool onClick={() => actions.bringBack(place, checkpoint)}>{trans.__('Restore…')}</Tool>
          )}
          {place.isOwner && (
            <Tool onClick={() => actions.deleteCheckpoint(place, checkpoint)}>
              {trans.__('Delete…')}
            </Tool>
          )}
        </Tools>
      )}
    </li>
  );
}

/** The server puts the moment in front of the names it gives by itself; that is shown anyway. */
export function checkpointName(checkpoint: ICheckpoint, trans: TranslationBundle): string {
  const found = /^[-\d]+ [:.\d]+: before going back to "(.*)"$/.exec(checkpoint.name);
  return checkpoint.isAutomatic && found !== null
    ? trans.__('Before going back to “%1”', found[1] ?? '')
    : checkpoint.name;
}
