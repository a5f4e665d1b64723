/** Consoles that can be typed into once their kernel is there. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IConsoleTracker, type ConsolePanel } from '@jupyterlab/console';

const STARTING = 'platform-mod-starting';

/**
 * Core clears a console when its kernel arrives, with what has been typed and run by then. Where a
 * sandbox takes a moment to start that is people's work, so the prompt is shown no sooner.
 */
const consoles: JupyterFrontEndPlugin<void> = {
  id: 'platform-labextension:consoles',
  description: 'Shows the prompt of a console when its kernel is there.',
  autoStart: true,
  requires: [IConsoleTracker],
  activate: (app: JupyterFrontEnd, tracker: IConsoleTracker): void => {
    tracker.widgetAdded.connect((_, panel) => hidePrompt(app, panel));
  }
};

/** Hide the prompt of a console without a kernel until there is one. */
function hidePrompt(app: JupyterFrontEnd, panel: ConsolePanel): void {
  const show = () => {
    if (panel.sessionContext.session?.kernel != null) {
      panel.sessionContext.kernelChanged.disconnect(show);
      panel.removeClass(STARTING);
      if (app.shell.currentWidget === panel) {
        panel.activate(); // what is hidden could not get the focus
      }
    }
  };
  panel.addClass(STARTING);
  panel.sessionContext.kernelChanged.connect(show);
  show();
}

export default consoles;
