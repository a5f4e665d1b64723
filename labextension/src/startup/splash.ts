/** What covers the page until it can be used. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISplashScreen } from '@jupyterlab/apputils';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

const ID = 'jupyterlab-splash'; // as others know it

/**
 * Replaces `@jupyterlab/apputils-extension:splash`.
 *
 * The cover is in the page from its first byte, and gone as soon as there is something under it:
 * core begins with an empty page, draws planets with the processor that starts it, and fades.
 */
export const splash: JupyterFrontEndPlugin<ISplashScreen> = {
  id: 'platform-labextension:splash',
  description: 'Provides the cover of the page that is being loaded.',
  autoStart: true,
  provides: ISplashScreen,
  activate: (app: JupyterFrontEnd): ISplashScreen => new Cover(document, app.restored)
};

/** Shows the cover as long as anybody wants it, and until the layout is restored. */
export class Cover implements ISplashScreen {
  constructor(
    private readonly _document: Document,
    private readonly _restored: Promise<unknown>
  ) {
    this._element = _document.getElementById(ID);
    const page = this.show();
    void _restored.finally(() => page.dispose());
  }

  show(light = true): IDisposable {
    this._wanted += 1;
    this._element ??= this._attach();
    this._element.classList.toggle('light', light);
    this._element.classList.toggle('dark', !light);
    return new DisposableDelegate(() => void this._restored.finally(() => this._release()));
  }

  private _attach(): HTMLElement {
    const element = this._document.createElement('div');
    element.id = ID;
    this._document.body.appendChild(element);
    return element;
  }

  private _release(): void {
    this._wanted -= 1;
    if (this._wanted === 0) {
      this._element?.remove();
      this._element = null;
    }
  }

  private _wanted = 0;
  private _element: HTMLElement | null;
}
